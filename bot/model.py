"""The nouns of this product, as frozen values; rows become these and nothing else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, final


def aware(moment: datetime) -> datetime:
    """Return `moment` in UTC; a datetime without a zone is refused, because it names no moment."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)


@final
class SecretText:
    """The plain text of a client secret, which shows itself only when asked by name.

    It cannot be printed, logged, compared, pickled or put into JSON by accident.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """Return the text. Each caller is a place to review."""
        return self._text

    def __repr__(self) -> str:
        return "SecretText(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("A client secret is not to be serialised.")


@dataclass(frozen=True, kw_only=True)
class Person:
    """One Slack user as Slack's users.info describes them at one moment."""

    id: str
    name: str
    email: str | None = None
    is_guest: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    is_deactivated: bool = False
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One delegated scope (Graph: permissionScope) of one resource in the tenant's catalogue."""

    resource_app_id: str
    resource_name: str
    id: str
    value: str
    title: str
    admin_consent: bool
    enabled: bool = True
    resource_uri: str = ""

    @property
    def key(self) -> str:
        """The form's option value: 73 characters, within Slack's 150."""
        return f"{self.resource_app_id}:{self.id}"

    @property
    def request_string(self) -> str:
        """What a client asks the token endpoint for (Microsoft identity platform, "Scopes and permissions").

        The resource's application ID URI where it has exactly one, because an API that takes v1.0 tokens finds it in
        their audience as it was asked for ("Scopes for a web API accepting v1.0 tokens"); its client ID otherwise.
        """
        return f"{self.resource_uri or self.resource_app_id}/{self.value}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One API of the tenant's catalogue; `own` marks what the portal calls "My APIs"."""

    app_id: str
    name: str
    own: bool
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, kw_only=True)
class EntraPerson:
    """One user object in Entra."""

    object_id: str
    name: str
    user_principal_name: str


@dataclass(frozen=True, kw_only=True)
class PasswordRules:
    """What a tenant's policy says of client secrets: whether there may be any, and how long one may live at most."""

    allowed: bool = True
    longest: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class ApplicationDraft:
    """What POST /applications shall make; `owner_ids` are object ids, the bot's own service principal first."""

    display_name: str
    audience: str
    reply_urls: tuple[str, ...]
    scopes: tuple[Scope, ...]
    owner_ids: tuple[str, ...]
    tags: tuple[str, ...]
    notes: str
    unique_name: str | None
    service_management_reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class PasswordCredential:
    """A client secret as Entra lists it: never its text. `hint` is its first three characters."""

    key_id: str
    display_name: str
    hint: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class NewSecret:
    """The answer to addPassword: the credential, and the one sight of its text."""

    credential: PasswordCredential
    text: SecretText


@dataclass(frozen=True, kw_only=True)
class EntraApplication:
    """An application object in Entra, as far as we read it."""

    object_id: str
    app_id: str
    display_name: str
    tags: tuple[str, ...]
    secrets: tuple[PasswordCredential, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SecretTerm:
    """How long a client secret shall live: a number of days from its first look, or a fixed last day."""

    days: int | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if (self.days is None) == (self.last_day is None):
            raise ValueError("A secret's term is either a number of days or a last day.")


@dataclass(frozen=True, kw_only=True)
class LinkFacts:
    """What an armed one-time link tells its holder before anything is shown."""

    application_name: str
    client_id: str
    tenant_id: str
    requester_name: str
    issued_at: datetime
    expires_at: datetime
    term: SecretTerm


LinkState = Literal["ready", "not_armed", "minting", "viewed", "expired", "replaced", "past_its_day", "unknown"]


@dataclass(frozen=True, kw_only=True)
class LinkStatus:
    """What the holder of a token may know of its link; `facts` only when it is open and armed.

    `past_its_day` is an armed link whose secret was to end on a day that has passed (its `facts` say which).
    `unknown` is the one answer to every token that is not ours, whatever is wrong with it.
    """

    state: LinkState
    facts: LinkFacts | None = None
    viewed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """The one answer that carries a client secret, made for the one browser that pressed."""

    facts: LinkFacts
    text: SecretText
    ends_at: datetime
    authority: str
    token_endpoint: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NotMinted:
    """Entra made no secret. The link is as good as before when `lasting` is false; `sentence` says what to do."""

    sentence: str
    lasting: bool


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """What we keep of who pressed: the address family and browser family, never a full address.

    `person_id` is the Slack user id of who is signed in; None where the page asks for no sign-in.
    """

    address_family: Literal["IPv4", "IPv6", "unknown"]
    browser: str
    person_id: str | None = None
