"""The state of one tenant, and the knobs that make it behave badly."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.sandbox.entra.assertions import Federation, TrustedCertificate
from tests.sandbox.entra.policies import PasswordPolicy
from tests.sandbox.entra.records import (
    Application,
    Password,
    Person,
    ServicePrincipal,
    digest,
    new_id,
    new_secret_text,
)
from tests.sandbox.entra.seeds import bot_objects, graph_service_principal, own_apis, people

#: How long a deleted application can be restored, and keeps its uniqueName ("Delete application").
RESTORABLE: Final = timedelta(days=30)


def now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Knobs:
    """How the tenant behaves; every knob may be turned at any time.

    `lag`: the next so many calls that ask for an object made (or deleted) from now on do not find it;
    `lag_seconds`: the same in seconds of the emulated clock. `read_lag`: so many readings of an application still
    show its secrets as they were before a change. `secret_lag`: the first so many sign-ins with a new secret fail.
    `removal_lag`: the first so many removals of a new secret are told that there is none. `quota`: how many
    applications there may be, deleted ones included. `policy`: what the tenant says of client secrets.
    `grant_roles`: the app roles in tokens of the bot that are made from now on.
    """

    lag: int = 0
    lag_seconds: float = 0.0
    read_lag: int = 0
    secret_lag: int = 0
    removal_lag: int = 0
    quota: int | None = None
    policy: PasswordPolicy | None = None
    refuse_unique_name: bool = False
    require_service_management_reference: bool = False
    token_seconds: int = 3599
    grant_roles: set[str] = field(default_factory=lambda: {"Application.ReadWrite.OwnedBy", "User.ReadBasic.All"})


class Tenant(Knobs):
    """One tenant. Everything that reads or changes it holds `lock`."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        super().__init__()
        self.clock = clock
        self.lock = threading.RLock()
        self.tenant_id: Final = new_id()
        self.bot_client_id: Final = new_id()
        self.bot_secret: Final = new_secret_text()
        self.bot_service_principal_id: Final = new_id()
        self.identity_header: Final = new_id()
        self.bot_certificate: TrustedCertificate | None = None
        self.bot_federation: Federation | None = None
        self.people: Final[dict[str, Person]] = {person.id: person for person in people()}
        self.all_applications: Final[dict[str, Application]] = {}
        self.all_service_principals: Final[dict[str, ServicePrincipal]] = {}
        self._seed()

    def _seed(self) -> None:
        moment = self.clock()
        made = [
            *own_apis(self.tenant_id, moment),
            bot_objects(self.tenant_id, self.bot_client_id, self.bot_service_principal_id, moment),
        ]
        for application, service_principal in made:
            self.all_applications[application.id] = application
            self.all_service_principals[service_principal.id] = service_principal
        graph = graph_service_principal(moment)
        self.all_service_principals[graph.id] = graph
        own = self.find_application(self.bot_client_id)
        assert own is not None
        own.passwords.append(
            Password(
                key_id=new_id(),
                display_name="bot",
                hint=self.bot_secret[:3],
                digest=digest(self.bot_secret),
                starts_at=moment,
                ends_at=moment + timedelta(days=3650),
            )
        )

    def add_person(self, name: str, mail: str | None, upn: str | None = None) -> str:
        """Put a user into the tenant and return its object id; without a `upn` the mail address is it."""
        person = Person(id=new_id(), name=name, mail=mail, upn=upn or mail or f"{new_id()}@contoso.example")
        with self.lock:
            self.people[person.id] = person
        return person.id

    def remove_person(self, object_id: str) -> None:
        """Take a user out of the tenant, as when somebody leaves the company."""
        with self.lock:
            self.people.pop(object_id)

    def person_id(self, address: str) -> str:
        """The object id of the user with this mail address or user principal name; raises KeyError for none."""
        with self.lock:
            for person in self.people.values():
                if address.casefold() in {(person.mail or "").casefold(), person.upn.casefold()}:
                    return person.id
        raise KeyError(address)

    def api(self, name: str) -> ServicePrincipal:
        """The service principal of this display name; raises KeyError for none."""
        with self.lock:
            for found in self.all_service_principals.values():
                if found.display_name == name:
                    return found
        raise KeyError(name)

    def scope_id(self, api: str, value: str) -> str:
        """The id of a delegated scope, such as that of `patient.read` of `FHIR Service`."""
        scopes = self.api(api).body["oauth2PermissionScopes"]
        return next(str(scope["id"]) for scope in scopes if scope["value"] == value)

    @property
    def applications(self) -> tuple[Application, ...]:
        """The live applications that were made through Graph, oldest first."""
        return self._made(deleted=False)

    @property
    def deleted(self) -> tuple[Application, ...]:
        """The applications that were deleted and can still be restored."""
        return self._made(deleted=True)

    @property
    def service_principals(self) -> tuple[ServicePrincipal, ...]:
        """The live service principals that were made through Graph."""
        with self.lock:
            every = tuple(self.all_service_principals.values())
        return tuple(found for found in every if found.deleted_at is None and not found.seeded)

    def secrets(self, object_id: str) -> tuple[Password, ...]:
        """The client secrets of an application as they truly are, oldest first."""
        with self.lock:
            return tuple(self.all_applications[object_id].passwords)

    def application(self, unique_name: str) -> Application:
        """The live application of this uniqueName; raises KeyError for none."""
        for found in self.applications:
            if found.unique_name == unique_name:
                return found
        raise KeyError(unique_name)

    def find_application(self, app_id: str) -> Application | None:
        """The live application of this client id."""
        live = (found for found in self.all_applications.values() if found.deleted_at is None)
        return next((found for found in live if found.app_id == app_id), None)

    def find_service_principal(self, app_id: str) -> ServicePrincipal | None:
        """The live service principal of this client id."""
        live = (found for found in self.all_service_principals.values() if found.deleted_at is None)
        return next((found for found in live if found.app_id == app_id), None)

    def drop(self, application: Application) -> None:
        """Take an application and its service principals out for good."""
        del self.all_applications[application.id]
        for found in tuple(self.all_service_principals.values()):
            if found.app_id == application.app_id:
                del self.all_service_principals[found.id]

    def expire_deleted(self) -> None:
        """Forget what was deleted longer ago than it can be restored."""
        for found in tuple(self.all_applications.values()):
            if found.deleted_at is not None and found.deleted_at + RESTORABLE <= self.clock():
                self.drop(found)

    def _made(self, *, deleted: bool) -> tuple[Application, ...]:
        with self.lock:
            every = tuple(self.all_applications.values())
        return tuple(found for found in every if not found.seeded and (found.deleted_at is not None) is deleted)
