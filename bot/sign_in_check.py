"""`register-app check` of the page's sign-in, as far as it can be known without a person who signs in."""

from collections.abc import Iterator

from bot.checks import Finding, fault, ok
from bot.errors import SlackUnavailable
from handlers.openid import STRANGE_CLIENT, OpenId

NAME = "Sign-in"


def sign_in_findings(open_id: OpenId | None) -> Iterator[Finding]:
    """Yield whether Slack knows the client: nothing where the page asks nobody to sign in."""
    if open_id is None:
        return
    try:
        word = open_id.refusal()
    except SlackUnavailable as error:
        yield fault(NAME, f"{error}: whether Slack knows SIGN_IN_CLIENT_ID could not be asked. Try again later.")
        return
    if word in STRANGE_CLIENT:
        yield fault(NAME, f"Slack says {word}: correct SIGN_IN_CLIENT_ID and SIGN_IN_CLIENT_SECRET.")
    else:
        yield ok(NAME, f"Slack knows the client; {open_id.redirect_url} must be one of its redirect URLs.")
