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

UNSEEN = "You did not see it, so that secret is removed from Entra."


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
        until = f"and for its overlap after, but no longer than {day(before.ends_at)}"
        return f" The secret that begins with {exact(before.hint)} stays in use until then, {until}."
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
    sentence, can_be_removed = _what_became_of(credential)
    return f"{seen} {sentence}", [_not_seen(link)] if can_be_removed else []


def _what_became_of(credential: Credential) -> tuple[str, bool]:
    """Say how a secret that was shown stands, and whether its recipient can still say that they did not see it."""
    if credential.disowned_at is not None:
        return UNSEEN, False
    if credential.state is CredentialState.REMOVED:
        return "That secret was replaced since.", False
    if credential.state is CredentialState.RETIRING:
        return "That secret was replaced since, and is removed after its overlap.", True
    ends = f"It begins with {exact(credential.hint)} and ends on *{day(credential.ends_at)}*."
    return f"{ends} {_accepted(credential)}", True


def _accepted(credential: Credential) -> str:
    if credential.accepted is None:
        return "Entra may need some seconds to accept it."
    if credential.accepted and credential.accepted_at is not None:
        return f"Entra accepted it {moment(credential.accepted_at)}."
    return "That Entra accepts it was not proven; try it, and tell your approvers if it does not work."


def _not_seen(link: Link) -> ButtonElement:
    sure = ConfirmObject(
        title="Replace the secret?",
        text=PlainTextObject(
            text="The secret that was shown stops working. If no other is in use, you get a new link."
        ),
        confirm="Replace it",
        deny="Keep it",
        style="danger",
    )
    return ButtonElement(text="I did not see it", action_id=ids.NOT_SEEN, value=link.id, style="danger", confirm=sure)
