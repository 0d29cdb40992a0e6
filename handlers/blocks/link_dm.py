"""The message that carries a one-time link, and what becomes of it."""

from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock
from slack_sdk.models.blocks.basic_components import ConfirmObject, MarkdownTextObject, PlainTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot.lifecycle import CredentialState, LinkStage
from bot.model import SecretTerm
from bot.records import Application, Credential, Link
from handlers import ids
from handlers.blocks.texts import Message, as_many_as_fit, day, escape, exact, markdown, moment, paragraphs, term_words

# So much of them fits beside all else; 40 scopes of Microsoft Graph need about half of it.
LONGEST_SCOPES = 8000

UNSEEN = "You did not see it, so that secret is removed from Entra, and a newer link was sent to you."


@dataclass(frozen=True, kw_only=True)
class LinkPlace:
    """Where things are: what a developer needs besides the secret, and where links lead."""

    tenant_id: str
    authority: str
    token_endpoint: str
    public_url: str


@dataclass(frozen=True, kw_only=True)
class LinkPromise:
    """What an open link is the right to: a secret of this term, in the place of the one before it, if there is one."""

    link: Link
    application: Application
    term: SecretTerm
    before: Credential | None = None


def build(promise: LinkPromise, place: LinkPlace, token: str) -> Message:
    """Return the message with the link in its button; the one place where a token is put into words."""
    link, application = promise.link, promise.application
    name = escape(application.display_name)
    title = f":arrows_counterclockwise: *A new secret for “{name}”* is ready for you."
    if promise.before is None:
        title = f":tada: *“{name}” is registered.* Its client secret is ready for you."
    show = ButtonElement(
        text="Show the secret",
        action_id=ids.OPEN_LINK,
        value=link.id,
        style="primary",
        url=f"{place.public_url}/secret#{token}",
    )
    renew = ButtonElement(text="Send me a new link", action_id=ids.RENEW_LINK, value=link.id)
    blocks: list[Block] = [
        markdown(title),
        *_facts(application, place),
        markdown(
            f"The secret is made when you press, is shown *once*, and lives {term_words(promise.term)}."
            f"{_of_the_one_before(link, promise.before)}"
            f" The button works until {moment(link.expires_at)}, for you only, and from this message only."
        ),
        ActionsBlock(block_id=f"link:{link.id}", elements=[show, renew]),
    ]
    return Message(text=f"The client secret of “{name}” is ready: open it from the button here.", blocks=tuple(blocks))


def _of_the_one_before(link: Link, before: Credential | None) -> str:
    if before is None:
        return ""
    if before.ends_at <= link.issued_at:
        return f" The one before it ended on {day(before.ends_at)}."
    if before.state is CredentialState.LIVE:
        return f" The secret that begins with {exact(before.hint)} stays in use until then, and for its overlap after."
    gone = "out of use" if before.state is CredentialState.REMOVED else "being removed"
    return f" The one before it is {gone}, so this is simply a link to a new one."


def _facts(application: Application, place: LinkPlace) -> list[Block]:
    scopes = [scope.request_string for scope in application.form.scopes]
    lines = [
        f"*Client ID*  {exact(application.app_id)}",
        f"*Tenant ID*  {exact(place.tenant_id)}",
        f"*Authority*  {exact(place.authority)}",
        f"*Token endpoint*  {exact(place.token_endpoint)}",
        "*Scopes*",
        as_many_as_fit([exact(scope) for scope in scopes], LONGEST_SCOPES, "scopes") or "none",
    ]
    return [markdown(text) for text in paragraphs("\n".join(lines).splitlines())]


def ended(link: Link, application: Application, place: LinkPlace, credential: Credential | None) -> Message:
    """Return the message of a link that has ended: the link is gone from it."""
    sentence, buttons = _ending(link, credential)
    name = escape(application.display_name)
    blocks: list[Block] = [
        markdown(f"*Client secret of “{name}”*"),
        markdown(sentence),
        *_facts(application, place),
    ]
    if buttons:
        blocks.append(ActionsBlock(block_id=f"link:{link.id}:{link.stage}", elements=buttons))
    blocks.append(ContextBlock(elements=[MarkdownTextObject(text=f"Sent {moment(link.issued_at)}")]))
    return Message(text=f"Client secret of “{name}”: {sentence}", blocks=tuple(blocks))


def _ending(link: Link, credential: Credential | None) -> tuple[str, list[ButtonElement]]:
    if link.stage is LinkStage.EXPIRED:
        again = ButtonElement(text="Send me a new link", action_id=ids.RENEW_LINK, value=link.id, style="primary")
        return (
            f":hourglass: Nobody opened this link before {moment(link.expires_at)}. No secret was made.",
            [again],
        )
    if link.stage is LinkStage.REPLACED:
        return ":leftwards_arrow_with_hook: A newer link took the place of this one.", []
    if link.viewed_at is None or credential is None:
        return ":white_check_mark: This link was used.", []
    seen = f":white_check_mark: Shown {moment(link.viewed_at)} to {escape(link.viewed_from or 'a browser')}."
    if credential.state is not CredentialState.LIVE:
        since = "That secret was replaced since." if credential.disowned_at is None else UNSEEN
        return f"{seen} {since}", []
    ends = f"It begins with {exact(credential.hint)} and ends on *{day(credential.ends_at)}*."
    return f"{seen} {ends} {_accepted(credential)}", [_not_seen(link)]


def _accepted(credential: Credential) -> str:
    if credential.accepted is None:
        return "Entra may need some seconds to accept it."
    if credential.accepted and credential.accepted_at is not None:
        return f"Entra accepted it {moment(credential.accepted_at)}."
    return "That Entra accepts it was not proven; try it, and tell your approvers if it does not work."


def _not_seen(link: Link) -> ButtonElement:
    sure = ConfirmObject(
        title="Replace the secret?",
        text=PlainTextObject(text="The secret that was shown stops working, and you are sent a new link."),
        confirm="Replace it",
        deny="Keep it",
        style="danger",
    )
    return ButtonElement(text="I did not see it", action_id=ids.NOT_SEEN, value=link.id, style="danger", confirm=sure)
