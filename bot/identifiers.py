"""New names for new things."""

import secrets
import time

# Crockford's base 32: no letter that can be mistaken for a digit when a request is named aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def request_name() -> str:
    """Return a request's name that people can say, such as REQ-7F3K2M9A."""
    return "REQ-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def row_name() -> str:
    """Return a name for a row. It begins with a time so that an index grows at its end, and says nothing of order."""
    return f"{time.time_ns():020d}{secrets.token_hex(4)}"


def short_name(prefix: str) -> str:
    """Return a short unguessable name, such as link-3f9a61c07be2."""
    return f"{prefix}-{secrets.token_hex(8)}"
