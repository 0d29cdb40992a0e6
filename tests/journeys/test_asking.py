"""Asking: the form opens at once, everything is checked beside its field, and nothing that was typed is lost."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from bot.model import SecretTerm
from tests.journeys.crafting import as_person, crafted, delivered
from tests.journeys.world import NAME, REPLY_URL, WHY, World
from tests.sandbox.entra.seeds import scope as entra_scope
from tests.sandbox.slack import faults

GRAPH = "00000003-0000-0000-c000-000000000000"


def requests_of(world: World, person: str = "ada") -> list[Any]:
    """What a person asked for, as the store has it."""
    return world.bot.store.requests.of_person(world.around.ids[person], limit=99)


def key_of(world: World, api: str, value: str) -> str:
    """The form's value for a scope of one of the tenant's own APIs, offered or not."""
    return f"{world.entra.api(api).body['appId']}:{world.entra.scope_id(api, value)}"


def groups(world: World, query: str) -> list[tuple[str, list[str]]]:
    """What type-ahead shows for a query: each API with its scopes."""
    world.around.person("ada").suggest("scopes", query)
    answer = world.slack.deliveries[-1].json
    return [
        (group["label"]["text"], [option["text"]["text"] for option in group["options"]])
        for group in answer.get("option_groups", ())
    ]


def test_form_first(world: World) -> None:
    """The form opens before Slack is asked anything else: its trigger lives three seconds."""
    before = len(world.slack.journal.calls("/api/"))
    opened = world.around.person("ada").command("/register-app").modal

    assert opened is not None
    assert opened.title == "Register application"
    assert world.slack.journal.calls("/api/")[before] == "POST /api/views.open"


def test_form_opens_while_slack_is_slow(world: World) -> None:
    """The form stands and the command is answered while users.info has not answered yet."""
    answered = threading.Event()
    world.slack.trouble.add(faults.held("users.info", answered))
    outcome = world.around.person("ada").command("/register-app")
    answered_before = answered.is_set()
    answered.set()

    assert not answered_before
    assert outcome.status == 200
    assert outcome.notice is None
    assert outcome.modal is not None


def test_form_opens_while_slack_fails(world: World) -> None:
    """When users.info fails the form stays usable, and what is sent later is checked then."""
    world.slack.trouble.add(faults.down("users.info"))
    world.around.person("ada").command("/register-app")
    world.slack.wait_until(lambda: "POST /api/users.info" in world.slack.journal.calls())
    world.fill()

    assert world.around.person("ada").submit().closed
    assert len(requests_of(world)) == 1


def test_late_trigger(world: World) -> None:
    """When the trigger has run out the person is told to try once more, and the next try works."""
    ada = world.around.person("ada")
    world.slack.trouble.add(faults.refused("views.open", "expired_trigger_id"))
    first = ada.command("/register-app")

    assert "took too long for Slack to open the form" in " ".join(first.texts)
    assert ada.command("/register-app").modal is not None


def test_help(world: World) -> None:
    """Help names every word of the command, to the asker alone, and opens no form."""
    outcome = world.around.person("ada").command("/register-app", "help")

    assert all(word in outcome.texts[0] for word in ("list", "status REQ", "help"))
    assert outcome.modal is None


def test_unknown_word(world: World) -> None:
    """An unknown word is named, made harmless, and answered with help."""
    outcome = world.around.person("ada").command("/register-app", "frobnicate <!channel>")

    assert "I do not know “frobnicate”" in outcome.texts[0]
    assert "status REQ" in outcome.texts[0]


@pytest.mark.parametrize("word", ["<!channel>", "<@U0000000001|x>", "<https://evil.example|here>", "`x`", "\u202ex"])
def test_harmless_answers(world: World, word: str) -> None:
    """What follows the command is made harmless in the answer, where it is repeated as unknown and as not found."""
    ada = world.around.person("ada")
    for text in (word, f"status {word}"):
        answer = ada.command("/register-app", text).delivery
        assert answer is not None
        assert not any(mark in str(answer.json) for mark in ("<!", "<@", "<HTTPS", "<https", "`x`", "`X`", "\u202e"))


def test_harmless_refusal(world: World) -> None:
    """An application's name is made harmless, or left out, where a second link for it is refused."""
    world.ask(display_name="<!channel>")
    world.approve()
    world.secret()
    ada = world.around.person("ada")
    shown = ada.command("/register-app", "list").ephemerals[0]
    pressed = [ada.click(shown, "rotate_application") for _ in range(2)]
    world.slack.wait_until(lambda: any("on its way already" in text for text in pressed[1].texts))

    assert not any("<!channel>" in text for text in pressed[1].texts)


def test_list(world: World) -> None:
    """The list shows each request with its state, and each application with the days its secret has left."""
    first = world.ask()
    world.approve()
    world.secret()
    second = world.ask(display_name="Bed planner")
    world.advance(days=1)
    shown = world.around.person("ada").command("/register-app", "list").texts[0]

    assert f"`{first}` {NAME}" in shown
    assert f"`{second}` Bed planner" in shown
    assert "ends in 179 days" in shown


def test_list_of_a_newcomer(world: World) -> None:
    """Who never asked for anything reads that there is none yet."""
    assert world.around.person("alan").command("/register-app", "list").texts[0].count("None yet.") == 2


def test_status(world: World) -> None:
    """The status of a request is told to its requester, its co-owners and the approvers, in any case of letters."""
    request_id = world.ask(co_owners=("alan",))
    told = {
        name: world.around.person(name).command("/register-app", f"status {request_id.lower()}").texts[0]
        for name in ("ada", "alan", "grace")
    }

    assert all(request_id in text and "Since" in text for text in told.values())


def test_status_of_others(world: World) -> None:
    """Anybody else gets the same words for a request of somebody as for one that does not exist."""
    request_id = world.ask()
    alan = world.around.person("alan")
    theirs = alan.command("/register-app", f"status {request_id}").texts[0]
    nobodys = alan.command("/register-app", "status REQ-00000000").texts[0]

    assert theirs.replace(request_id, "REQ-00000000") == nobodys
    assert "There is no request" in nobodys


def test_status_of_a_very_large_request(world: World) -> None:
    """The card of a very large request is posted; the status command shows an approver all that it leaves out."""
    urls = [f"https://{number:02}.ward.contoso.example/cb" for number in range(80)]
    values = [f"Payroll.{number:02}.{'Read&Write.' * 9}All" for number in range(40)]
    own = world.entra.api("Payroll API").body["oauth2PermissionScopes"]
    own += [entra_scope(value, "Admin", "Read and change payroll") for value in values]
    world.bot.entra.catalogue.refresh()
    ada, grace = world.around.person("ada"), world.around.person("grace")
    ada.command("/register-app")
    world.fill(reply_urls="\n".join(urls), scopes=())
    offered = [option for option in ada.suggest("scopes", "payroll.") if "Read&Write" in option["text"]["text"]]
    ada.choose("scopes", *(option["value"] for option in offered))
    assert ada.submit().closed
    world.settle()
    request = requests_of(world)[0]
    outcome = grace.command("/register-app", f"status {request.id}")
    world.slack.wait_until(lambda: any("Part 2 of 2" in text for text in outcome.texts))
    told = "\n".join(outcome.texts)

    assert f"`/register-app status {request.id}` shows it all." in world.card().reads
    assert all(f"`{value.replace('&', '&amp;')}`: " in told for value in values)
    assert all(url in told for url in urls)
    assert world.approve().status == 200
    assert len(world.entra.applications) == 1


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ({"guest": True}, "guest in this workspace"),
        ({"stranger": True}, "another organisation"),
        ({"deactivated": True}, "deactivated"),
        ({"bot": True}, "Bots cannot register"),
    ],
)
def test_turned_away(world: World, kind: dict[str, bool], word: str) -> None:
    """Who may not use it reads why in the form's place, and a crafted submission of theirs makes nothing."""
    world.around.ids["oscar"] = world.slack.add_person("Oscar Outsider", "oscar@contoso.example", **kind)
    outcome = world.around.person("oscar").command("/register-app")
    world.slack.wait_until(lambda: outcome.modal is not None and word in outcome.modal.reads)
    world.around.person("ada").command("/register-app")
    world.fill()
    sent = world.around.person("ada").submit()
    answer = crafted(world, sent, lambda payload: _as_new_form(world, payload))

    assert word in answer.json["view"]["blocks"][0]["text"]["text"]
    assert requests_of(world, "oscar") == []
    assert len(requests_of(world)) == 1


def _as_new_form(world: World, payload: dict[str, Any]) -> None:
    as_person(world, "oscar")(payload)
    payload["view"]["private_metadata"] = payload["view"]["private_metadata"].replace('"form_id": "', '"form_id": "9')


def test_slack_fails_at_submission(world: World) -> None:
    """When Slack does not tell who submits, nothing is made, the form stays as typed, and the next press works."""
    world.slack.trouble.add(faults.down("users.info", times=2))
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.slack.wait_until(lambda: "POST /api/users.info" in world.slack.journal.calls())
    world.fill()
    typed = ada.modal.state if ada.modal else {}
    refused = ada.submit()
    still = ada.modal.state if ada.modal else {}

    assert "try once more" in refused.errors["justification"]
    assert still == typed
    assert requests_of(world) == []
    assert ada.submit().closed


def test_type_ahead(world: World) -> None:
    """Type-ahead shows the tenant's own APIs first, says so, and offers nothing that is switched off."""
    world.around.person("ada").command("/register-app")
    shown = groups(world, "read")
    names = [name for name, _ in shown]

    assert names[:2] == ["FHIR Service (my APIs)", "Payroll API (my APIs)"]
    assert names[2:] == ["Microsoft Graph"]
    assert groups(world, "patient.export") == []


def test_consent_in_type_ahead(world: World) -> None:
    """Each scope is offered with its API, its consent and its plain-language name."""
    world.around.person("ada").command("/register-app")
    found = world.around.person("ada").suggest("scopes", "patient")
    offered = {option["text"]["text"]: option["description"]["text"] for option in found}

    assert offered == {
        "patient.read · FHIR Service": "Users may consent · Read patient records",
        "patient.write · FHIR Service": "Admin consent · Change patient records",
    }


def test_scopes_of_two_apis(world: World) -> None:
    """Scopes of an own API and of Microsoft Graph go together in one request."""
    world.ask(scopes=("patient.read", "User.Read"))

    assert [scope.value for scope in requests_of(world)[0].form.scopes] == ["patient.read", "User.Read"]


def test_custom_end(world: World) -> None:
    """A day of one's own choice becomes the end of the secret, to the end of that day in UTC."""
    last_day = (world.clock.now() + timedelta(days=365)).date()
    world.ask(duration="custom", last_day=last_day)
    world.approve()
    world.secret()
    ends_at = world.entra.secrets(world.entra.applications[0].id)[0].ends_at

    assert requests_of(world)[0].form.term == SecretTerm(last_day=last_day)
    assert (ends_at.date(), ends_at.hour) == (last_day, 23)


def test_default_duration(world: World) -> None:
    """Who chooses nothing asks for 180 days."""
    world.ask()

    assert requests_of(world)[0].form.term == SecretTerm(days=180)


def test_co_owners(world: World) -> None:
    """Co-owners are kept once each; naming oneself adds nothing."""
    world.ask(co_owners=("alan", "ada", "alan"))

    assert [owner.name for owner in requests_of(world)[0].owners] == ["Ada Lovelace", "Alan Turing"]


def test_audience_hidden(world: World) -> None:
    """While policy offers one audience only, nobody is asked, and a crafted other one makes nothing."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    shown = ada.modal
    assert shown is not None
    assert "audience" not in [block["block_id"] for block in shown.blocks]
    sent = ada.submit()
    chosen = {"value": {"type": "static_select", "selected_option": {"value": "AzureADandPersonalMicrosoftAccount"}}}
    crafted(world, sent, lambda payload: payload["view"]["state"]["values"].update(audience=chosen))

    assert [request.form.audience for request in requests_of(world)] == ["AzureADMyOrg"]


def test_audience_offered(world: World) -> None:
    """Where policy offers more, the choice reaches the application."""
    world.use_policy(audiences=["AzureADMyOrg", "AzureADMultipleOrgs"])
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("audience", "AzureADMultipleOrgs")
    ada.submit()
    world.settle()
    risky = world.card().reads
    world.approve()
    made = next(found for found in world.entra.snapshot()["applications"] if found["displayName"] == NAME)

    assert made["signInAudience"] == "AzureADMultipleOrgs"
    assert "People of other organisations can sign in." in risky


def test_nothing_lost_in_between(world: World) -> None:
    """A form that was opened before a restart and is sent hours later is a request like any other."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    world.restart()
    world.clock.advance(timedelta(hours=5))

    assert ada.submit().closed
    assert [request.form.justification for request in requests_of(world)] == [WHY]


def test_replayed_submission(world: World) -> None:
    """A submission that is sent again, even after a restart, is answered like the first and makes no second one."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    sent = ada.submit()
    world.restart()
    again = world.slack.deliver(delivered(sent).raw)
    world.settle()

    assert (again.status, again.answer) == (200, b"")
    assert len(requests_of(world)) == 1
    assert len(ada.dm) == 1


def test_one_message(world: World) -> None:
    """The requester has one message about a request; it is edited as the state changes, not followed by others."""
    world.ask()
    first = world.around.person("ada").dm[0]
    waiting = first.reads
    world.approve()
    about = [message for message in world.around.person("ada").dm if "Your request for" in message.text]

    assert "Waiting for an approver" in waiting
    assert [message.ts for message in about] == [first.ts]
    assert "Done: the application exists" in first.reads
    assert REPLY_URL in first.reads
