"""The nouns that are kept: requests, applications, credentials, links, and the words still to be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.lifecycle import CredentialState, LinkStage, RequestState
from bot.model import Scope, SecretTerm


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A person who answers for an application: the requester, or a co-owner named in the form."""

    person_id: str
    name: str
    email: str | None


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What the requester typed, after every check."""

    display_name: str
    audience: str
    reply_urls: tuple[str, ...]
    scopes: tuple[Scope, ...]
    secret_description: str
    term: SecretTerm
    co_owners: tuple[Owner, ...]
    justification: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why Entra refused, in Graph's own words, for the approvers."""

    code: str
    message: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class AppRequest:
    """One request from its submission to its end. `version` counts the requester's changes, from 1."""

    id: str
    form_id: str
    state: RequestState
    version: int
    requester: Owner
    form: RequestForm
    submitted_at: datetime
    state_since: datetime
    settled_by: str | None = None
    settled_reason: str | None = None
    name_is_taken: bool | None = None
    assessed: bool = False
    failure: Failure | None = None
    attempts: int = 0
    create_tried: bool = False
    """Whether a creation was ever tried, so that something may have been made; a Retry does not forget it."""
    not_owners: tuple[str, ...] = ()
    """The owners, by id, whom Entra has no user for."""
    stuck_since: datetime | None = None
    """When this stay in provisioning first met what is replication at first, and an obstacle after long."""

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The requester first, then the co-owners, each once."""
        return tuple({owner.person_id: owner for owner in (self.requester, *self.form.co_owners)}.values())

    @property
    def owners_without_email(self) -> tuple[str, ...]:
        """Who could not be made an owner in Entra because Slack shows no e-mail address of theirs."""
        return tuple(o.person_id for o in self.owners if o.person_id in self.not_owners and not o.email)

    @property
    def owners_without_user(self) -> tuple[str, ...]:
        """Who could not be made an owner in Entra because Entra has no one user with their e-mail address."""
        return tuple(o.person_id for o in self.owners if o.person_id in self.not_owners and o.email)


@dataclass(frozen=True, kw_only=True)
class Application:
    """An application that this bot made: `object_id` and `app_id` are Entra's, `id` is ours."""

    id: str
    request_id: str
    display_name: str
    object_id: str
    app_id: str
    service_principal_id: str | None
    form: RequestForm
    owners: tuple[Owner, ...]
    created_at: datetime
    wanted: bool = True
    disowned_at: datetime | None = None
    removal_refused_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A client secret that was minted here: never its text."""

    key_id: str
    application_id: str
    link_id: str
    state: CredentialState
    description: str
    hint: str
    starts_at: datetime
    ends_at: datetime
    remove_at: datetime | None = None
    disowned_at: datetime | None = None
    removal_refused_at: datetime | None = None
    snoozed_until: datetime | None = None
    accepted: bool | None = None
    accepted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """A one-time link: the right to mint one secret, once, until a time. The token itself is never kept."""

    id: str
    application_id: str
    recipient_id: str
    stage: LinkStage
    issued_at: datetime
    expires_at: datetime
    armed_until: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    viewed_at: datetime | None = None
    viewed_from: str | None = None
    key_id: str | None = None
    rotates_key_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing to say once: `kind` picks the words (handlers.blocks.notes), `facts` fill them in."""

    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One row of the outbox. `kind` says how to render it, `subject` what from, `recipient` to whom."""

    id: str
    kind: str
    subject: str
    recipient: str
    note: Note | None
    attempts: int
    first_tried_at: datetime | None
    created_at: datetime
    lease: str = ""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a message of ours stands in Slack."""

    channel: str
    ts: str
