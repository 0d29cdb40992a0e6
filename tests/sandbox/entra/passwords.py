"""addPassword and removePassword (Microsoft Graph, "application: addPassword", "application: removePassword")."""

from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import Any, Final

from tests.sandbox.entra import permissions
from tests.sandbox.entra.addressing import ONE_APPLICATION, the_application
from tests.sandbox.entra.application_rules import GUID
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.records import Application, Password, digest, new_id, new_secret_text
from tests.sandbox.entra.replication import passwords_changed
from tests.sandbox.entra.replies import METADATA, GraphRefusal, Reply, bad_request, invalid_property, invalid_value
from tests.sandbox.entra.tenant import Tenant

_PLAIN_LIFE: Final = timedelta(days=730)
_MOST_PERSONAL: Final = 2
_SETTABLE: Final = frozenset({"displayName", "startDateTime", "endDateTime"})
#: Entra makes these itself. A create that sends one is reported as refused; addPassword is held to the same here.
_MADE_BY_ENTRA: Final = frozenset({"customKeyIdentifier", "hint", "keyId", "secretText"})


def add(tenant: Tenant, ask: Ask) -> Reply:
    """POST addPassword: the one answer that holds the text."""
    application = the_application(tenant, ask)
    ask.caller.must_manage(application, "Directory.ReadWrite.All")
    for name in ask.body:
        if name != "passwordCredential":
            raise invalid_property(name)
    before = tuple(application.passwords)
    password, text = _mint(tenant, application, ask.body.get("passwordCredential") or {})
    application.passwords.append(password)
    passwords_changed(application, before, tenant.read_lag)
    context = f"{METADATA}#microsoft.graph.passwordCredential"
    return Reply(
        status=200,
        body={"@odata.context": context, **password.body(text)},
        headers={"location": "https://graph.microsoft.com"},
    )


def remove(tenant: Tenant, ask: Ask) -> Reply:
    """POST removePassword: 204, or 400 when there is no such key."""
    application = the_application(tenant, ask)
    ask.caller.must_manage(application, "Directory.ReadWrite.All")
    key_id = ask.body.get("keyId")
    if set(ask.body) != {"keyId"} or not isinstance(key_id, str) or not GUID.fullmatch(key_id):
        raise bad_request("Invalid value specified for parameter 'keyId'.")
    found = next((password for password in application.passwords if password.key_id == key_id), None)
    if found is None or found.denials_left > 0:
        if found is not None:
            found.denials_left -= 1
        raise bad_request(f"No password credential found with keyId '{key_id}'.")
    before = tuple(application.passwords)
    application.passwords.remove(found)
    passwords_changed(application, before, tenant.read_lag)
    return Reply(status=204)


def inline_passwords(tenant: Tenant, application: Application, wanted: Any) -> dict[str, str]:
    """Make the secrets that a create asks for, and return their texts by key id."""
    if not isinstance(wanted, list):
        raise invalid_value("passwordCredentials")
    texts = {}
    for entry in wanted:
        password, text = _mint(tenant, application, entry)
        application.passwords.append(password)
        texts[password.key_id] = text
    return texts


def _mint(tenant: Tenant, application: Application, wanted: Any) -> tuple[Password, str]:
    starts_at, ends_at = _life(tenant, wanted)
    _check_policy(tenant, ends_at - starts_at)
    if application.is_personal and len(application.passwords) >= _MOST_PERSONAL:
        raise _too_many(len(application.passwords) + 1)
    text = new_secret_text()
    password = Password(
        key_id=new_id(),
        display_name=wanted.get("displayName"),
        hint=text[:3],
        digest=digest(text),
        starts_at=starts_at,
        ends_at=ends_at,
        refusals_left=tenant.secret_lag,
        denials_left=tenant.removal_lag,
    )
    return password, text


def _life(tenant: Tenant, wanted: Any) -> tuple[datetime, datetime]:
    """From now, and for two years, unless said otherwise."""
    if not isinstance(wanted, dict):
        raise invalid_value("passwordCredentials")
    for name in wanted:
        if name not in _SETTABLE | _MADE_BY_ENTRA:
            raise invalid_property(f"passwordCredential.{name}")
    name = wanted.get("displayName")
    if _MADE_BY_ENTRA & set(wanted) or not (name is None or isinstance(name, str)):
        raise invalid_value("passwordCredentials")
    starts_at = _moment(wanted.get("startDateTime")) or tenant.clock().replace(microsecond=0)
    ends_at = _moment(wanted.get("endDateTime")) or starts_at + _PLAIN_LIFE
    if ends_at <= starts_at or ends_at <= tenant.clock():
        raise invalid_value("passwordCredentials")
    return starts_at, ends_at


def _moment(text: Any) -> datetime | None:
    """A moment with its zone; a local time names none."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    # Room is left at both ends so that every time zone, and two years more, can be told.
    if moment is None or moment.tzinfo is None or not MINYEAR + 1 < moment.year < MAXYEAR - 2:
        raise bad_request(
            f"Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'.", code="BadRequest"
        )
    return moment


def _check_policy(tenant: Tenant, life: timedelta) -> None:
    policy = tenant.policy
    if policy is None:
        return
    if not policy.passwords_allowed:
        raise bad_request(
            f"Credential type not allowed as per assigned policy '{policy.id}'.",
            code="CredentialTypeNotAllowedAsPerAppPolicy",
        )
    if policy.max_lifetime_days is not None and life > timedelta(days=policy.max_lifetime_days):
        raise bad_request(
            f"Credential lifetime exceeds the max value allowed as per assigned policy '{policy.id}'.",
            code="CredentialInvalidLifetimeAsPerAppPolicy",
        )


def _too_many(wanted: int) -> GraphRefusal:
    return GraphRefusal(
        400,
        "TooManyAppPasswords",
        f"Not allowed to add {wanted} passwords. You can only add a maximum of {_MOST_PERSONAL} passwords.",
        details=[{"target": "passwordCredentials", "code": "TooManyAppPasswords"}],
    )


ROUTES: Final = (
    Route(
        method="POST",
        path=f"{ONE_APPLICATION}/addPassword",
        needs=permissions.WRITE_PASSWORDS,
        answer=add,
        bodiless=True,
    ),
    Route(
        method="POST",
        path=f"{ONE_APPLICATION}/removePassword",
        needs=permissions.WRITE_PASSWORDS,
        answer=remove,
    ),
)
