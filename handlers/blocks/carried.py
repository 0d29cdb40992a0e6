"""What buttons and forms carry through Slack and back: read, or refused as nothing that is known here.

Slack hands it back unchanged ("block_actions payloads", `value`; "Modals", `private_metadata`), unless a client was
edited. It may also be older than this version of the bot.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot.errors import NotFound, Refusal

_LONGEST: Final = 200
_MOST: Final = 2**31 - 1
UNKNOWN: Final = (
    "I do not know what this stands for any more. Please go on from a newer message, or from `/register-app`."
)


def text_of(value: object) -> str:
    """Return a short text. Raises NotFound."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise NotFound(UNKNOWN)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotFound(UNKNOWN) from None
    return value


def version_of(value: object) -> int:
    """Return a version, carried as a number or in digits. Raises NotFound."""
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MOST)) and int(digits) <= _MOST):
        raise NotFound(UNKNOWN)
    return int(digits)


def object_of(value: object) -> Mapping[str, Any]:
    """Return the object in a text of JSON. Raises NotFound."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotFound(UNKNOWN)
    return found


def day_of(value: object) -> date:
    """Return the day that a picker holds, which may have been cleared. Raises Refusal."""
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Refusal("Choose a day.") from None
