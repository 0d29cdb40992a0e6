"""The address of a PostgreSQL: read once, before anybody connects, so that no password in it is taken for a host.

libpq reads an address generously and quotes what it does not understand, which may be half a password that somebody
pasted as it stands (PostgreSQL, "Connection URIs"). Here such an address is refused in words that repeat none of it.
"""

import re
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot.errors import StorageUnavailable

UNREADABLE = (
    "The address of the PostgreSQL cannot be read. Write % @ / : ? # [ ] in its user and password as %XX"
    " (% is %25, @ is %40, / is %2F), or leave the password out and set PGPASSWORD."
)
_UNKNOWN_PARAMETER = re.compile(r'invalid URI query parameter: "(\w+)"')
_PORTS = re.compile(r"(\d{1,5}(,\d{1,5})*)?")


def read(address: str) -> dict[str, str]:
    """Return the parts of an address by libpq's names. Raises StorageUnavailable with a sentence that repeats none."""
    try:
        parts, fault = {name: str(value) for name, value in conninfo_to_dict(address).items()}, ""
    except (psycopg.ProgrammingError, UnicodeError) as error:
        parts, fault = {}, _fault(error)
    if fault:
        # Raised out here, where libpq's error, in which a password may stand, is no context of it.
        raise StorageUnavailable(fault)
    # Where a password holds one of these characters, the rest of it has become a host, a port or a database.
    if any("@" in parts.get(name, "") for name in ("host", "dbname")) or not _PORTS.fullmatch(parts.get("port", "")):
        raise StorageUnavailable(UNREADABLE)
    return parts


def _fault(error: Exception) -> str:
    unknown = _UNKNOWN_PARAMETER.search(str(error))
    return f"The address of the PostgreSQL has an unknown parameter: {unknown[1]}." if unknown else UNREADABLE


def place(parts: Mapping[str, str]) -> str:
    """Return where an address leads, as people may read it: without user and password."""
    host = ":".join(part for part in (parts.get("host", "localhost"), parts.get("port", "")) if part)
    return f"postgresql://{host}/{parts.get('dbname', '')}"
