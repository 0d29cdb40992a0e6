"""Each note says its one thing in one plain sentence or two, and names what its reader has to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.records import Note
from handlers.blocks import notes
from tests.handlers import extremes

ROOT = Path(__file__).parents[2]
FACTS = {
    **extremes.facts(extremes.repeated("x")),
    "reason": "Too wide.",
    "message": "Insufficient privileges.",
    "application": "Ward dashboard",
    "description": "production web server",
    "request_id": "6d5fb0b4",
    "app_id": "client-1",
    "object_id": "object-1",
    "at": "2026-12-01T09:00:00+00:00",
    "ends_at": "2026-12-08T09:00:00+00:00",
    "no_email": "",
    "no_user": "",
}
del FACTS["look_for"], FACTS["unseen"]
SECRET = "of “Ward dashboard” (production web server, begins with `abc`)"
GRAPH = "`Authorization_RequestDenied`: Insufficient privileges. (request-id `6d5fb0b4`)"
SAID = {
    "changed": ":pencil2: <@UGRACE00001> changed this request. The approval of <@UGRACE00001> and <@UKAY0000001>"
    " counts no more; please read it again.",
    "approved": ":white_check_mark: Approved by <@UGRACE00001>, <@UKAY0000001> and <@UANN0000001>."
    " It is being made in Entra.",
    "denied": ":no_entry: Denied by <@UGRACE00001>: Too wide.",
    "withdrawn": ":leftwards_arrow_with_hook: Withdrawn by <@UGRACE00001>.",
    "waiting": ":bell: <@UADA0000001> is still waiting for a decision. Without one, this lapses in 144 hours.",
    "still_waiting": ":bell: The approvers were reminded of your request `REQ-7F3K2M9A`."
    " Without a decision it lapses in 144 hours.",
    "lapsed": ":zzz: Nobody decided in time; this request ended.",
    "your_request_lapsed": ":zzz: Nobody decided on your request `REQ-7F3K2M9A` in time, so it ended."
    " Use /register-app to ask again.",
    "retried": ":repeat: <@UGRACE00001> has it made again.",
    "fulfilled": ":white_check_mark: Made in Entra: client ID `client-1`, object ID `object-1`."
    " The requester was sent a one-time link.",
    "failed": f":x: Entra refused. {GRAPH}\nMend the cause, then press *Retry* on the request above.",
    "entra_slow": f":hourglass: Entra does not answer as it should; I go on trying. {GRAPH}",
    "not_minted": f":x: Entra refused to make the client secret. {GRAPH}"
    "\nThe link stays good: once the cause is mended, the requester can press it again.",
    "removed": ":wastebasket: What this request had made (object ID `object-1`) was removed for good.",
    "not_removed": ":warning: Object ID `object-1`, made by this request, could not be removed."
    f" {GRAPH}\nI try again some times a day; you can also delete it by hand.",
    "removed_late": ":wastebasket: What this request had made (object ID `object-1`) was removed for good after all.",
    "link_taken": ":arrow_right: <@UGRACE00001> asked for the link to the client secret of “Ward dashboard”, as another"
    " of its owners. Your own link opens nothing any more.",
    "turned_away": ":warning: Somebody else, signed in to Slack, opened your link to the client secret of"
    " “Ward dashboard”. They were shown nothing, and nothing was used up. If that was not you with another account,"
    " tell your security team: the audit names the account.",
    "removal_soon": f":hourglass: The old client secret {SECRET} is removed from Entra on 1 December 2026."
    " Make sure nothing uses it any more.",
    "removal_done": f":wastebasket: The old client secret {SECRET} was removed from Entra.",
    "removal_stuck": f":warning: The old client secret {SECRET} should be gone by now, but Entra does not remove it:"
    " it still works. Your approvers were told why, and I go on trying. Use it no more.",
    "removal_late": f":wastebasket: The old client secret {SECRET} was removed from Entra after all.",
    "secret_not_removed": f":warning: The old client secret {SECRET} could not be removed from Entra, and still works."
    f" {GRAPH}\nI try again some times a day; you can also delete it by hand.",
    "secret_removed_late": f":wastebasket: The old client secret {SECRET} was removed from Entra after all.",
    "restored": f":leftwards_arrow_with_hook: The client secret {SECRET} stays in use until 8 December 2026, as before"
    " the rotation. The new one was not seen and is removed from Entra.",
    "restored_too_late": f":warning: The client secret {SECRET} ended on 8 December 2026. The new one was not seen and"
    " is removed from Entra, so nothing works until the next link is opened.",
    "undelivered": ":warning: <@UGRACE00001> could not be sent a message (`user_disabled`)."
    " It was about: the one-time link to the client secret.",
}


@pytest.mark.parametrize("kind", sorted(notes.SENTENCES))
def test_what_is_said(kind: str) -> None:
    """Every kind of note says this, with and without its blocks."""
    message = notes.build(Note(kind=kind, facts=FACTS))

    assert message.text == SAID[kind]
    assert [block.to_dict()["text"]["text"] for block in message.blocks] == [SAID[kind]]


def queued_kinds() -> Iterator[str]:
    """The kinds of notes that the code queues by name."""
    for path in [*ROOT.glob("bot/*.py"), *ROOT.glob("handlers/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note":
                yield from (
                    str(given.value.value)
                    for given in node.keywords
                    if given.arg == "kind" and isinstance(given.value, ast.Constant)
                )


def test_every_kind_has_words() -> None:
    """Whatever a use case queues has words here; those about an old secret are chosen by a variable."""
    assert set(queued_kinds()) <= set(notes.SENTENCES)
    assert {
        kind for kind in set(notes.SENTENCES) - set(queued_kinds()) if not kind.startswith(("removal_", "restored"))
    } <= {"secret_not_removed", "secret_removed_late"}


def test_owners_missing() -> None:
    """Who could not be made an owner is named when the application is made."""
    message = notes.build(Note(kind="fulfilled", facts={**FACTS, "no_email": "UADA", "no_user": "UGRACE"}))

    assert "<@UADA>" in message.text
    assert "<@UGRACE>" in message.text


def test_unseen_secret() -> None:
    """A secret that is removed because nobody saw it is called that, and not old."""
    message = notes.build(Note(kind="removal_stuck", facts={**FACTS, "unseen": "yes"}))

    assert message.text.startswith(f":warning: The unseen client secret {SECRET}")


def test_nothing_voided() -> None:
    """A change that voids no approval speaks of none."""
    message = notes.build(Note(kind="changed", facts={"person": "UADA", "voided": ""}))

    assert message.text == ":pencil2: <@UADA> changed this request."


def test_what_to_look_for() -> None:
    """A failure after which nobody knows what was made names what to look for."""
    message = notes.build(Note(kind="failed", facts={**FACTS, "look_for": "register-app-req-1"}))

    assert message.text.endswith("it would have the uniqueName `register-app-req-1`.")


def test_nameless_refusal() -> None:
    """Where Graph gave neither code nor number, the note says so."""
    facts = {"code": "", "message": "Graph did not answer (Timeout).", "request_id": ""}
    message = notes.build(Note(kind="entra_slow", facts=facts))

    assert "`no code`: Graph did not answer (Timeout). (request-id `none`)" in message.text
