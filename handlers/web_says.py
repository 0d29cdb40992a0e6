"""Every sentence that the server says to a browser; a person with and one without JavaScript read the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from bot.model import LinkFacts, LinkStatus, NotMinted, Revealed
from handlers.web_dates import day_in_words, iso, moment_in_words, term_in_words

Tone = Literal["key", "good", "wait", "stop", "alarm"]

_SLACK_BUTTON: Final = "Open it from the button in Slack"
NOT_SEEN: Final = (
    (
        "You did not see it? Press “I did not see it” in the Slack message: "
        "that secret is removed, and you get a new link."
    ),
    "It was not you? Tell your security team now.",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fact with its name; `moment` is shown in the viewer's own time zone as well, `code` in fixed width."""

    name: str
    text: str
    aside: str = ""
    moment: datetime | None = None
    code: bool = False


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The one button under the words: what it does (`look`, `reveal` or `sign_in`) and what stands on it."""

    act: Literal["look", "reveal", "sign_in"]
    label: str


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a person reads in one state: heading, sentence, facts, what to do next, and at most one button."""

    state: str
    tone: Tone
    title: str
    sentence: str
    advice: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    more: tuple[Row, ...] = ()
    offer: Offer | None = None


_LOOK_AGAIN: Final = Offer(act="look", label="Look again")
_TRY_AGAIN: Final = Offer(act="reveal", label="Try again")

UNKNOWN: Final = Words(
    state="unknown",
    tone="stop",
    title="This link is not known here",
    sentence="It may have been cut short on its way, or it is too old.",
    advice=(f"{_SLACK_BUTTON}, in the newest message from Register App.",),
)
_PLAIN: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "unknown": UNKNOWN,
        "not_armed": Words(
            state="not_armed",
            tone="wait",
            title=_SLACK_BUTTON,
            sentence="This link works for some minutes after the person it was sent to presses its button in Slack.",
            advice=(
                (
                    "Nothing is used up: press “Show the secret” in the message from Register App, "
                    "and this page lets you in."
                ),
            ),
            offer=_LOOK_AGAIN,
        ),
        "minting": Words(
            state="minting",
            tone="wait",
            title="It is being opened right now",
            sentence="The secret is being opened in another window right now, and only one window can show it.",
            advice=("If that window is yours, look there. Otherwise look again here in a minute.",),
            offer=_LOOK_AGAIN,
        ),
        "expired": Words(
            state="expired",
            tone="stop",
            title="This link has ended",
            sentence="Nobody opened it in time, so no secret was made.",
            advice=("Press “Send me a new link” in the Slack message.",),
        ),
        "replaced": Words(
            state="replaced",
            tone="stop",
            title="There is a newer link",
            sentence="A newer link has taken the place of this one, which shows nothing any more.",
            advice=(f"{_SLACK_BUTTON}, in the newest message from Register App.",),
        ),
    }
)


def told(status: LinkStatus) -> Words:
    """Return the words for what the holder of a token may know."""
    if status.state == "viewed":
        return _viewed(status.viewed_at)
    if status.state == "ready" and status.facts is not None:
        return _ready(status.facts)
    if status.state == "past_its_day":
        return _past_its_day(status.facts)
    # A link that is said to be ready without its facts cannot be pressed with open eyes.
    return _PLAIN.get(status.state, UNKNOWN)


def _ready(facts: LinkFacts) -> Words:
    return Words(
        state="ready",
        tone="key",
        title="Your client secret is ready",
        sentence="It is shown once, when you press the button. First open the place where you will keep it.",
        rows=(
            *_identity(facts),
            Row(name="Asked for by", text=facts.requester_name),
            Row(name="The secret will live", text=term_in_words(facts.term)),
            _moment("This link ends", facts.expires_at),
        ),
        offer=Offer(act="reveal", label="Show the secret"),
    )


def _past_its_day(facts: LinkFacts | None) -> Words:
    day = "a day that has passed" if facts is None or facts.term.last_day is None else day_in_words(facts.term.last_day)
    return Words(
        state="past_its_day",
        tone="stop",
        title="The last day of this secret has passed",
        sentence=f"It was approved until {day}, so no secret can be made any more. Nothing was used up.",
        advice=("Type /register-app in Slack to ask for a new application, with a later day.",),
        rows=() if facts is None else _identity(facts),
    )


def _viewed(viewed_at: datetime | None) -> Words:
    return Words(
        state="viewed",
        tone="alarm",
        title="This secret has been shown",
        sentence="It was shown once, as promised, and will not be shown again.",
        advice=NOT_SEEN,
        rows=() if viewed_at is None else (_moment("Shown", viewed_at),),
    )


def shown(revealed: Revealed) -> Words:
    """Return the words beside a secret, without the secret."""
    return Words(
        state="shown",
        tone="good",
        title="Here is your client secret",
        sentence="Keep it now, in a safe place: it will not be shown again.",
        advice=("A new secret may need some seconds, up to a minute, to be accepted by Microsoft Entra.",),
        rows=(
            *_identity(revealed.facts),
            Row(
                name="The secret ends",
                text=moment_in_words(revealed.ends_at),
                aside=iso(revealed.ends_at),
                moment=revealed.ends_at,
            ),
        ),
        more=(
            Row(name="Authority", text=revealed.authority, code=True),
            Row(name="Token endpoint", text=revealed.token_endpoint, code=True),
            Row(name="Scopes", text=" ".join(revealed.scopes) or "none", code=bool(revealed.scopes)),
        ),
    )


def not_minted(refusal: NotMinted) -> Words:
    """Return the words for a press that Microsoft Entra did not follow."""
    if refusal.lasting:
        return Words(
            state="refused",
            tone="alarm",
            title="Microsoft Entra refused",
            sentence=refusal.sentence,
            advice=("No secret was made. Trying again will not help until this has been put right.",),
        )
    return Words(
        state="unavailable",
        tone="wait",
        title="Microsoft Entra is not answering",
        sentence=refusal.sentence,
        advice=("No secret was shown.",),
        offer=_TRY_AGAIN,
    )


def throttled(seconds: int) -> Words:
    """Return the words for too many tries from one address; `seconds` is the time to wait."""
    time = "1 second" if seconds == 1 else f"{seconds} seconds"
    return Words(
        state="throttled",
        tone="wait",
        title="Too many tries",
        sentence=f"There were too many tries from your network. Wait {time}, then try again.",
        advice=("Nothing is used up by this.",),
        offer=_LOOK_AGAIN,
    )


def _identity(facts: LinkFacts) -> tuple[Row, ...]:
    return (
        Row(name="Application", text=facts.application_name),
        Row(name="Client ID", text=facts.client_id, code=True),
        Row(name="Tenant ID", text=facts.tenant_id, code=True),
    )


def _moment(name: str, moment: datetime) -> Row:
    return Row(name=name, text=moment_in_words(moment), moment=moment)


def _plain(title: str, sentence: str, *advice: str, tone: Tone = "stop", offer: Offer | None = None) -> Words:
    return Words(state="error", tone=tone, title=title, sentence=sentence, advice=advice, offer=offer)


HOME: Final = _plain(
    "Register App",
    "This is the web side of a Slack bot that registers applications in Microsoft Entra ID.",
    "Everything happens in Slack: type /register-app there.",
    tone="key",
)
_NOTHING_DONE: Final = "Nothing was shown and nothing is used up."
_STATUSES: Final[Mapping[int, Words]] = MappingProxyType(
    {
        401: _plain("Not signed", "Only Slack may send this, with its signature."),
        403: _plain("Not from this page", "This did not come from a press on our own page.", _NOTHING_DONE),
        404: _plain("Nothing here", "There is no page at this address."),
        405: _plain("Not this way", "This address does not answer to that kind of request."),
        413: _plain("Too long", "What was sent is longer than anything we read.", _NOTHING_DONE),
        415: _plain("Not readable", "What was sent is not in a form that we read.", _NOTHING_DONE),
    }
)
_FAILED: Final = _plain(
    "Something went wrong here",
    "The fault is on our side, and has been written down.",
    "Look again in a minute. Should the page then say that the secret has been shown, "
    "press “I did not see it” in Slack.",
    tone="alarm",
    offer=_LOOK_AGAIN,
)


def for_status(status: int) -> Words:
    """Return the words for an HTTP status that is not an answer about a link."""
    if status in _STATUSES:
        return _STATUSES[status]
    return _FAILED if status >= 500 else _plain("That did not work", "We could not read this request.")  # noqa: PLR2004 - HTTP's own border
