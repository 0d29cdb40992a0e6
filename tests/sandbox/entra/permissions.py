"""Which app roles a call needs: the official table as of 2026 (microsoftgraph/microsoft-graph-devx-content).

Each line lists combinations; the token must hold every role of one of them. Where that table and the note on "Add
owner" differ, the note holds: Application.ReadWrite.OwnedBy does not suffice to add an owner.
"""

from typing import Final

Accepted = tuple[frozenset[str], ...]

_OWNED: Final = "Application.ReadWrite.OwnedBy"
_ALL: Final = "Application.ReadWrite.All"
_DIRECTORY_WRITE: Final = "Directory.ReadWrite.All"
_DIRECTORY_READ: Final = "Directory.Read.All"


def _any_of(*combinations: str) -> Accepted:
    return tuple(frozenset(combination.split()) for combination in combinations)


CREATE_APPLICATION: Final = _any_of("AppRegistration.Create", _OWNED, _ALL)
READ_APPLICATIONS: Final = _any_of("Application.Read.All", _OWNED, _ALL, _DIRECTORY_READ, _DIRECTORY_WRITE)
WRITE_APPLICATION: Final = _any_of(_OWNED, _ALL)
WRITE_PASSWORDS: Final = _any_of(_OWNED, _ALL, _DIRECTORY_WRITE)
ADD_OWNER: Final = _any_of(f"{_ALL} {_DIRECTORY_READ}", _DIRECTORY_WRITE)
REMOVE_OWNER: Final = _any_of(f"{_OWNED} {_DIRECTORY_READ}", f"{_ALL} {_DIRECTORY_READ}", _DIRECTORY_WRITE)
CREATE_SERVICE_PRINCIPAL: Final = _any_of(_OWNED, _ALL, _DIRECTORY_WRITE)
READ_USERS: Final = _any_of(
    "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", _DIRECTORY_READ, _DIRECTORY_WRITE
)
READ_POLICY: Final = _any_of("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
READ_GRANTS: Final = _any_of(_DIRECTORY_READ, "DelegatedPermissionGrant.ReadWrite.All", _DIRECTORY_WRITE)


def suffices(roles: frozenset[str], accepted: Accepted) -> bool:
    """Whether `roles` hold one of the combinations."""
    return any(combination <= roles for combination in accepted)


def may_read_users(roles: frozenset[str]) -> bool:
    """Whether a list of owners shows more of people than their ids."""
    return suffices(roles, READ_USERS)
