"""What a tenant holds: applications, service principals, client secrets, people."""

import copy
import hashlib
import json
import secrets
import string
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

_BLANKS: Final = json.loads(Path(__file__).with_name("blank_objects.json").read_text(encoding="utf-8"))
_LETTERS: Final = string.ascii_letters + string.digits + "_~."


def new_id() -> str:
    """An object id, a client id or a key id."""
    return str(uuid.uuid4())


def blank(kind: str) -> dict[str, Any]:
    """A new `application` or `servicePrincipal` with every property in the recorded order."""
    found: dict[str, Any] = copy.deepcopy(_BLANKS[kind])
    return found


def whole_seconds(moment: datetime) -> str:
    """A moment as reads show it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seven_digits(moment: datetime) -> str:
    """A moment as the answer to a create shows it, to a tenth of a microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "1Z"


def new_secret_text() -> str:
    """A secret in today's form: three characters, a digit, `Q~`, and 34 more."""
    head = "".join(secrets.choice(_LETTERS) for _ in range(3))
    tail = "".join(secrets.choice(_LETTERS + "-") for _ in range(34))
    return f"{head}{secrets.choice(string.digits)}Q~{tail}"


def digest(text: str) -> bytes:
    """What is kept of a secret's text."""
    return hashlib.sha256(text.encode()).digest()


@dataclass(kw_only=True)
class Password:
    """One client secret; of its text only a digest is kept.

    `refusals_left` counts the sign-ins that still fail because it is young, `denials_left` the removals.
    """

    key_id: str
    display_name: str | None
    hint: str
    digest: bytes = field(repr=False)
    starts_at: datetime
    ends_at: datetime
    refusals_left: int = 0
    denials_left: int = 0

    def body(self, text: str | None = None) -> dict[str, Any]:
        """The passwordCredential as Graph shows it; with its text at the one time when there is one."""
        return {
            "customKeyIdentifier": None,
            "displayName": self.display_name,
            "endDateTime": whole_seconds(self.ends_at),
            "hint": self.hint,
            "keyId": self.key_id,
            "secretText": text,
            "startDateTime": whole_seconds(self.starts_at),
        }


@dataclass(kw_only=True)
class Replicated:
    """Something that is not known everywhere at once: `denials_left` calls still do not find it."""

    denials_left: int = 0
    known_from: datetime | None = None


@dataclass(kw_only=True)
class Application(Replicated):
    """One application object; `body` holds what callers set, in Graph's own names."""

    body: dict[str, Any]
    created_at: datetime
    owners: list[str] = field(default_factory=list)
    passwords: list[Password] = field(default_factory=list)
    shown_before: tuple[Password, ...] = ()
    stale_reads_left: int = 0
    deleted_at: datetime | None = None
    seeded: bool = False

    @property
    def id(self) -> str:
        """The object id."""
        return str(self.body["id"])

    @property
    def app_id(self) -> str:
        """The client id."""
        return str(self.body["appId"])

    @property
    def display_name(self) -> str:
        """The name, which others may share."""
        return str(self.body["displayName"])

    @property
    def unique_name(self) -> str | None:
        """The name that nobody shares, when it has one."""
        name: str | None = self.body["uniqueName"]
        return name

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags as they were set."""
        return tuple(self.body["tags"])

    @property
    def reply_urls(self) -> tuple[str, ...]:
        """web.redirectUris as they were set."""
        return tuple(self.body["web"]["redirectUris"])

    @property
    def scope_ids(self) -> tuple[tuple[str, str], ...]:
        """The delegated scopes that it asks for, as (client id of the API, id of the scope)."""
        return tuple(
            (resource["resourceAppId"], access["id"])
            for resource in self.body["requiredResourceAccess"]
            for access in resource["resourceAccess"]
            if access["type"] == "Scope"
        )

    @property
    def is_personal(self) -> bool:
        """Whether it takes personal Microsoft accounts, which brings tighter limits."""
        return "PersonalMicrosoftAccount" in self.body["signInAudience"]


@dataclass(kw_only=True)
class ServicePrincipal(Replicated):
    """One service principal; `body` holds what is not taken from its application."""

    body: dict[str, Any]
    created_at: datetime
    deleted_at: datetime | None = None
    seeded: bool = False

    @property
    def id(self) -> str:
        """The object id, which is not that of the application."""
        return str(self.body["id"])

    @property
    def app_id(self) -> str:
        """The client id, which it shares with its application."""
        return str(self.body["appId"])

    @property
    def display_name(self) -> str:
        """The name."""
        return str(self.body["displayName"])


@dataclass(frozen=True, kw_only=True)
class Person:
    """One user object."""

    id: str
    name: str
    mail: str | None
    upn: str

    def body(self) -> dict[str, Any]:
        """The eleven properties that Graph sends when none are selected ("Get user")."""
        given, _, surname = self.name.partition(" ")
        return {
            "businessPhones": [],
            "displayName": self.name,
            "givenName": given,
            "jobTitle": None,
            "mail": self.mail,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": surname or None,
            "userPrincipalName": self.upn,
            "id": self.id,
        }
