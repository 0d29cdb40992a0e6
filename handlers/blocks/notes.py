"""Things that are said once: replies in the request's thread, and short messages to one person."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.records import Failure, Note
from handlers import ids
from handlers.blocks import unowned
from handlers.blocks.request_card import graphs_words, refusal_lead
from handlers.blocks.texts import Message, day, escape, exact, markdown, mention, mentions

Facts = Mapping[str, str]


def build(note: Note) -> Message:
    """Return a note as a message of one section."""
    text = SENTENCES[note.kind](note.facts)
    return Message(text=text, blocks=(markdown(text),))


def _changed(facts: Facts) -> str:
    voided = facts.get("voided", "").split()
    lost = f" The approval of {mentions(voided)} counts no more; please read it again." if voided else ""
    return f":pencil2: {mention(facts['person'])} changed this request.{lost}"


def _approved(facts: Facts) -> str:
    return f":white_check_mark: Approved by {mentions(facts['people'].split())}. It is being made in Entra."


def _denied(facts: Facts) -> str:
    return f":no_entry: Denied by {mention(facts['person'])}: {escape(facts['reason'])}"


def _withdrawn(facts: Facts) -> str:
    return f":leftwards_arrow_with_hook: Withdrawn by {mention(facts['person'])}."


def _waiting(facts: Facts) -> str:
    who = mention(facts["requester"])
    return f":bell: {who} is still waiting for a decision. Without one, this lapses in {facts['hours']} hours."


def _still_waiting(facts: Facts) -> str:
    reminded = f"The approvers were reminded of your request {exact(facts['request'])}."
    return f":bell: {reminded} Without a decision it lapses in {facts['hours']} hours."


def _your_request_lapsed(facts: Facts) -> str:
    ended = f"Nobody decided on your request {exact(facts['request'])} in time, so it ended."
    return f":zzz: {ended} Use {ids.COMMAND} to ask again."


def _fulfilled(facts: Facts) -> str:
    made = f"Made in Entra: client ID {exact(facts['app_id'])}, object ID {exact(facts['object_id'])}."
    missing = unowned.sentences(facts.get("no_email", "").split(), facts.get("no_user", "").split())
    return f":white_check_mark: {made} The requester was sent a one-time link.{missing}"


def _link_taken(facts: Facts) -> str:
    took = f"{mention(facts['person'])} asked for the link to the client secret of “{escape(facts['application'])}”"
    return f":arrow_right: {took}, as another of its owners. Your own link opens nothing any more."


def _turned_away(facts: Facts) -> str:
    tried = "Somebody else, signed in to Slack, opened your link to the client secret"
    nothing = "They were shown nothing, and nothing was used up."
    what_now = "If that was not you with another account, tell your security team: the audit names the account."
    return f":warning: {tried} of “{escape(facts['application'])}”. {nothing} {what_now}"


def _graph(facts: Facts) -> str:
    return graphs_words(Failure(code=facts["code"], message=facts["message"], request_id=facts["request_id"]))


def _failed(facts: Facts) -> str:
    unsure = ""
    if "look_for" in facts:
        name = exact(facts["look_for"])
        unsure = f"\nWhether something was made already could not be asked: it would have the uniqueName {name}."
    what_now = "Mend the cause, then press *Retry* on the request above."
    return f":x: {refusal_lead(facts['code'])} {_graph(facts)}\n{what_now}{unsure}"


def _entra_slow(facts: Facts) -> str:
    return f":hourglass: Entra does not answer as it should; I go on trying. {_graph(facts)}"


def _not_minted(facts: Facts) -> str:
    refused = f"Entra refused to make the client secret. {_graph(facts)}"
    return f":x: {refused}\nThe link stays good: once the cause is mended, the requester can press it again."


def _removed(facts: Facts) -> str:
    which = f"(object ID {exact(facts['object_id'])})"
    if "second" in facts:
        return f":wastebasket: A second application {which}, which Entra had made too late, was removed for good."
    return f":wastebasket: What this request had made {which} was removed for good."


def _removed_late(facts: Facts) -> str:
    return f"{_removed(facts).removesuffix('.')} after all."


def _not_removed(facts: Facts) -> str:
    what = f"Object ID {exact(facts['object_id'])}, made by this request, could not be removed."
    return f":warning: {what} {_graph(facts)}\nI try again some times a day; you can also delete it by hand."


def _removal_soon(facts: Facts) -> str:
    when = day(datetime.fromisoformat(facts["at"]))
    return f":hourglass: {_old_secret(facts)} is removed from Entra on {when}. Make sure nothing uses it any more."


def _removal_done(facts: Facts) -> str:
    return f":wastebasket: {_old_secret(facts)} was removed from Entra."


def _removal_stuck(facts: Facts) -> str:
    stuck = f"{_old_secret(facts)} should be gone by now, but Entra does not remove it: it still works."
    return f":warning: {stuck} Your approvers were told why, and I go on trying. Use it no more."


def _removal_late(facts: Facts) -> str:
    return f":wastebasket: {_old_secret(facts)} was removed from Entra after all."


def _secret_not_removed(facts: Facts) -> str:
    what = f"{_old_secret(facts)} could not be removed from Entra, and still works. {_graph(facts)}"
    return f":warning: {what}\nI try again some times a day; you can also delete it by hand."


def _restored(facts: Facts) -> str:
    when = day(datetime.fromisoformat(facts["ends_at"]))
    lost = "The new one was not seen and is removed from Entra"
    return f":leftwards_arrow_with_hook: {_secret(facts)} stays in use until {when}, as before the rotation. {lost}."


def _restored_too_late(facts: Facts) -> str:
    when = day(datetime.fromisoformat(facts["ends_at"]))
    lost = "The new one was not seen and is removed from Entra"
    return f":warning: {_secret(facts)} ended on {when}. {lost}, so nothing works until the next link is opened."


def _old_secret(facts: Facts) -> str:
    return _secret(facts, "The unseen client secret" if "unseen" in facts else "The old client secret")


def _secret(facts: Facts, which: str = "The client secret") -> str:
    name, what = escape(facts["application"]), escape(facts["description"])
    return f"{which} of “{name}” ({what}, begins with {exact(facts['hint'])})"


def _undelivered(facts: Facts) -> str:
    who = mention(facts["person"])
    return f":warning: {who} could not be sent a message ({exact(facts['error'])}). It was about: {facts['about']}"


SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "changed": _changed,
    "approved": _approved,
    "denied": _denied,
    "withdrawn": _withdrawn,
    "waiting": _waiting,
    "still_waiting": _still_waiting,
    "lapsed": lambda _: ":zzz: Nobody decided in time; this request ended.",
    "your_request_lapsed": _your_request_lapsed,
    "retried": lambda facts: f":repeat: {mention(facts['person'])} has it made again.",
    "fulfilled": _fulfilled,
    "link_taken": _link_taken,
    "turned_away": _turned_away,
    "failed": _failed,
    "entra_slow": _entra_slow,
    "not_minted": _not_minted,
    "removed": _removed,
    "removed_late": _removed_late,
    "not_removed": _not_removed,
    "removal_soon": _removal_soon,
    "removal_done": _removal_done,
    "removal_stuck": _removal_stuck,
    "removal_late": _removal_late,
    "secret_not_removed": _secret_not_removed,
    "secret_removed_late": _removal_late,
    "restored": _restored,
    "restored_too_late": _restored_too_late,
    "undelivered": _undelivered,
}
