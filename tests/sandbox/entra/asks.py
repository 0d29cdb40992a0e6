"""One call to Graph as an endpoint sees it, and what an endpoint says of itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.sandbox.entra.permissions import Accepted
from tests.sandbox.entra.replies import Reply, denied

if TYPE_CHECKING:
    from tests.sandbox.entra.records import Application
    from tests.sandbox.entra.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, by its token: client id, object id of its service principal, app roles."""

    app_id: str
    object_id: str
    roles: frozenset[str]

    def must_manage(self, application: "Application", *stronger: str) -> None:
        """Raise a 403 unless the caller may change any application, or owns this one.

        `stronger` names further roles that need no ownership. Application.ReadWrite.OwnedBy "cannot update any apps
        that it is not an owner of" (Microsoft Graph permissions reference).
        """
        if self.roles & {"Application.ReadWrite.All", *stronger}:
            return
        if self.object_id not in application.owners:
            raise denied()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One call.

    `path` is below /v1.0, `names` are the parts of it that name things, `headers` have their names in small letters.
    """

    root: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    caller: Caller
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Route:
    """One endpoint: its method, its path, who may call it, and what answers. `bodiless` ones need no body."""

    method: str
    path: str
    needs: Accepted
    answer: Callable[["Tenant", Ask], Reply]
    bodiless: bool = False

    def match(self, path: str) -> Mapping[str, str] | None:
        """The parts of `path` that name things, or None when it is not this endpoint's."""
        found = re.fullmatch(self.path, path)
        return None if found is None else {name: text for name, text in found.groupdict().items() if text is not None}
