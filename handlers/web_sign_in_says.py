"""What the page says about signing in with Slack; web_says has the rest."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from handlers.openid import Reason
from handlers.web_says import UNKNOWN, Offer, Words

_NOTHING: Final = "Nothing was shown and nothing is used up."
_AGAIN: Final = Offer(act="sign_in", label="Sign in again")

SIGN_IN: Final = Words(
    state="sign_in",
    tone="key",
    title="Sign in with Slack first",
    sentence="A link opens only for the person it was sent to, so this page asks Slack who you are.",
    advice=("You come back to this page afterwards. Nothing is used up.",),
    offer=Offer(act="sign_in", label="Sign in with Slack"),
)
# The same for every token that is not the viewer's own, also for one that never was: it tells nobody anything.
UNKNOWN_TO_VIEWER: Final = replace(
    UNKNOWN,
    advice=(
        *UNKNOWN.advice,
        "A link opens only for the Slack account it was sent to: you may be signed in as another.",
    ),
    offer=Offer(act="sign_in", label="Sign in with another account"),
)
DENIED: Final = Words(
    state="not_signed_in",
    tone="stop",
    title="You did not sign in",
    sentence=f"Slack says that you cancelled. {_NOTHING}",
    advice=("Without knowing who you are this page shows nothing.",),
    offer=_AGAIN,
)
UNAVAILABLE: Final = Words(
    state="slack_unavailable",
    tone="wait",
    title="Slack is not answering",
    sentence=f"So this page cannot know who you are. {_NOTHING}",
    advice=("Try again in a minute.",),
    offer=_AGAIN,
)
NOT_OURS: Final = Words(
    state="not_signed_in",
    tone="stop",
    title="This sign-in does not count",
    sentence=f"It was used before, took too long, or did not begin in this browser. {_NOTHING}",
    advice=("Sign in again from here.",),
    offer=_AGAIN,
)
_ELSEWHERE: Final = Words(
    state="not_signed_in",
    tone="stop",
    title="That is another workspace",
    sentence=f"You signed in to a Slack workspace in which Register App does not work. {_NOTHING}",
    advice=("Sign in again, and choose the workspace in which you were sent the link.",),
    offer=_AGAIN,
)
_MISSET: Final = Words(
    state="not_signed_in",
    tone="alarm",
    title="Signing in is not set up right",
    sentence=f"Slack refuses our side of it, and that has been written down. {_NOTHING}",
    advice=("Tell those who run Register App: `register-app check` says what to mend.",),
    offer=_AGAIN,
)
FOR_REASON: Final[Mapping[Reason, Words]] = MappingProxyType(
    {"spent": NOT_OURS, "elsewhere": _ELSEWHERE, "misset": _MISSET}
)
