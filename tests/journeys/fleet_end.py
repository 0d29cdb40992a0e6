"""How it all ends: what stands of each request in Entra, in Slack and in the database, beside what should."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.lifecycle import RequestState
from storage import Store
from tests.journeys.fleet_people import SECRET_IS_SHOWN, Fate, Place, Requester, cards

STATES: Mapping[Fate, RequestState] = {
    "denied": RequestState.DENIED,
    "withdrawn": RequestState.WITHDRAWN,
    "opened": RequestState.FULFILLED,
    "changed": RequestState.FULFILLED,
    "ignored": RequestState.FULFILLED,
    "refused": RequestState.FULFILLED,
    "lapsed": RequestState.LAPSED,
}
# How the requester's one message about a request begins at its end.
SAID: Mapping[RequestState, str] = {
    RequestState.DENIED: "Denied by",
    RequestState.WITHDRAWN: "You withdrew this request.",
    RequestState.FULFILLED: "Done: the application exists",
    RequestState.LAPSED: "Nobody decided in time",
}
REPLY_URL = "https://ward.contoso.example/auth/callback"
HINT = 3


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One application as it stands in Entra; `hints` are the beginnings of its live secrets."""

    owners: tuple[str, ...]
    reply_urls: tuple[str, ...]
    audience: str
    is_tagged: bool
    principals: int
    hints: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class End:
    """What stands of one request, everywhere."""

    state: str
    cards: tuple[str, ...]
    """What each card in the approvers' channel says of its state."""
    buttons: int
    """How many of those cards can still be pressed."""
    said: tuple[str, ...]
    """What each message about the request says to the requester."""
    applications: tuple[Registered, ...]
    live: tuple[str, ...]
    """The beginnings of the secrets that the database holds for live."""
    shown: tuple[str, ...]
    """What the last message about a link says: the beginning of the secret, or that nobody opened it."""


def should(name: str, fate: Fate, requester: Requester) -> End:
    """Return the one right end."""
    state = STATES[fate]
    secret = (requester.secrets[name][:HINT],) if fate in SECRET_IS_SHOWN else ()
    registered = Registered(
        owners=("Register App", requester.name),
        reply_urls=(REPLY_URL,),
        audience="AzureADMyOrg",
        is_tagged=True,
        principals=1,
        hints=secret,
    )
    is_made = state is RequestState.FULFILLED
    return End(
        state=state.value,
        cards=(state.value,),
        buttons=0,
        said=(SAID[state],),
        applications=(registered,) if is_made else (),
        live=secret,
        shown=(secret or ("nobody",)) if is_made else (),
    )


def stands(name: str, place: Place, store: Store, requester: Requester) -> End:
    """Return what is there."""
    rows = store.database.all("SELECT state FROM app_requests WHERE display_name = :name", name=name)
    drawn = [card for card in cards(place) if f"“{name}”" in card.text]
    return End(
        state=", ".join(row["state"] for row in rows),
        cards=tuple(card.text.rpartition(": ")[2] for card in drawn),
        buttons=sum("'type': 'button'" in str(card.blocks) for card in drawn),
        said=tuple(_said(message.text) for message in _messages(requester, f"Your request for “{name}”")),
        applications=tuple(_registered(place, name)),
        live=tuple(_live(store, name)),
        shown=tuple(_shown(message.text) for message in _messages(requester, f"Client secret of “{name}”")[-1:]),
    )


def _messages(requester: Requester, beginning: str) -> Sequence[Any]:
    return [message for message in requester.hands.dm if message.text.startswith(beginning)]


def _said(text: str) -> str:
    return next((words for words in SAID.values() if words in text), text)


def _shown(text: str) -> str:
    if "Nobody opened this link" in text:
        return "nobody"
    return text.partition("It begins with `")[2][:HINT] or text


def _registered(place: Place, name: str) -> Iterator[Registered]:
    entra = place.around.entra
    for application in entra.snapshot()["applications"]:
        if application["displayName"] == name:
            principals = [
                principal for principal in entra.service_principals if principal.app_id == application["appId"]
            ]
            yield Registered(
                owners=tuple(owner["displayName"] for owner in application["owners"]),
                reply_urls=tuple(application["redirectUris"]),
                audience=application["signInAudience"],
                is_tagged="register-app" in application["tags"],
                principals=len(principals),
                hints=tuple(password["hint"] for password in application["passwordCredentials"]),
            )


def _live(store: Store, name: str) -> Iterator[str]:
    rows = store.database.all(
        "SELECT c.hint AS hint FROM credentials c JOIN applications a ON a.id = c.application_id"
        " WHERE a.display_name = :name AND c.state = 'live'",
        name=name,
    )
    return (row["hint"] for row in rows)


def besides(place: Place, store: Store, names: Sequence[str]) -> list[str]:
    """Return what is there and belongs to no request, or proves that the audit was harmed."""
    entra = place.around.entra
    made = {application["appId"] for application in entra.snapshot()["applications"]}
    found = [f"deleted {application['displayName']}" for application in entra.snapshot()["deleted"]]
    found += [f"principal {one.display_name}" for one in entra.service_principals if one.app_id not in made]
    found += [card.text for card in cards(place) if not any(f"“{name}”" in card.text for name in names)]
    rows = store.database.all("SELECT display_name FROM app_requests")
    found += [row["display_name"] for row in rows if row["display_name"] not in names]
    fault = store.audit.verify().fault
    return [*found, *([fault] if fault else [])]
