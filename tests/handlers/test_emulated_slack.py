"""People in the emulated Slack reach a real Bolt app over signed HTTP and see what it answers."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from slack_bolt import Ack, App, Respond
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from tests.sandbox.slack import CannotDo, Person, Slack
from tests.sandbox.slack.outcomes import TROUBLE, WARNING_TRIANGLE
from tests.sandbox.slack.records import Message, View
from tests.sandbox.wire import LoopbackServer

Json = dict[str, Any]
NOON = datetime(2030, 1, 2, 12, 0, tzinfo=UTC)


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> Json:
    """One option of a menu."""
    return {"text": plain(text), "value": value}


def asks(block_id: str, element: Json, **parts: Any) -> Json:
    """An input block around an element."""
    element = {"action_id": "it", **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **parts}


TERMS = [option("Three months", "90"), option("A year", "365")]
FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Register an app"),
    "submit": plain("Send"),
    "private_metadata": "draft-1",
    "notify_on_close": True,
    "blocks": [
        asks("name", {"type": "plain_text_input", "max_length": 20}),
        asks("url", {"type": "url_text_input"}, optional=True),
        asks(
            "scopes",
            {"type": "multi_external_select", "min_query_length": 0, "max_selected_items": 2},
            optional=True,
        ),
        asks("term", {"type": "static_select", "options": TERMS, "initial_option": TERMS[0]}),
        asks("owner", {"type": "users_select"}, optional=True),
        asks("until", {"type": "datepicker"}, optional=True, dispatch_action=True),
        {
            "type": "actions",
            "block_id": "acts",
            "elements": [{"type": "button", "action_id": "deep", "text": plain("More")}],
        },
    ],
}
DONE: Json = {"type": "modal", "title": plain("Done"), "blocks": [{"type": "section", "text": plain("Thank you.")}]}
CARD: list[Json] = [
    {"type": "section", "text": plain("A request")},
    {
        "type": "actions",
        "block_id": "card",
        "elements": [
            {"type": "button", "action_id": "approve", "text": plain("Approve app"), "value": "r1"},
            {"type": "button", "action_id": "hint", "text": plain("Explain"), "value": "r1"},
            {"type": "button", "action_id": "crash", "text": plain("Crash")},
            {"type": "button", "action_id": "link", "text": plain("Open"), "url": "https://x.example/secret#t"},
            {"type": "overflow", "action_id": "menu", "options": [option("Withdraw", "withdraw")]},
            {"type": "datepicker", "action_id": "day"},
        ],
    },
    asks("why", {"type": "plain_text_input"}, optional=True),
]


class Bot:
    """A small real Bolt app that does one of everything; `seen` holds the payloads by what they were."""

    def __init__(self, slack: Slack) -> None:
        self.seen: dict[str, Json] = {}
        self.answer: Json = {}
        self.gate = threading.Event()
        self.client = WebClient(slack.bot_token, base_url=slack.api_url)
        self.app = App(client=self.client, signing_secret=slack.signing_secret)
        for register in (self._commands, self._views, self._actions):
            register()

    def _commands(self) -> None:
        @self.app.command("/register-app")
        def command(ack: Ack, body: Json, client: WebClient, respond: Respond) -> None:
            self.seen["command"] = body
            if body["text"] == "wait":
                self.gate.wait(10)
            if body["text"] == "help":
                ack("How to use it")
            elif body["text"] == "later":
                ack()
                respond("And now")
            else:
                client.views_open(trigger_id=body["trigger_id"], view=FORM)
                ack()

        @self.app.event("app_home_opened")
        def home(event: Json, client: WebClient) -> None:
            self.seen["event"] = event
            blocks = [{"type": "section", "text": plain("Your apps")}, CARD[1]]
            client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    def _views(self) -> None:
        @self.app.view("form")
        def submitted(ack: Ack, body: Json) -> None:
            self.seen["submission"] = body
            ack(self.answer) if self.answer else ack()

        @self.app.view_closed("form")
        def closed(ack: Ack, body: Json) -> None:
            ack()
            self.seen["closed"] = body

        @self.app.options("it")
        def options(ack: Ack, body: Json) -> None:
            self.seen["options"] = body
            names = [name for name in ("User.Read", "User.Write", "Mail.Read") if body["value"].lower() in name.lower()]
            ack(options=[option(name, name.lower()) for name in names])

    def _actions(self) -> None:
        for name in ("link", "menu", "day", "deep", "it"):

            @self.app.action(name)
            def noted(ack: Ack, body: Json) -> None:
                self.seen[body["actions"][0]["action_id"]] = body
                ack()

        @self.app.action("approve")
        def approve(ack: Ack, body: Json, client: WebClient) -> None:
            self.seen["approve"] = body
            where = {"channel": body["channel"]["id"], "ts": body["container"]["message_ts"]}
            client.chat_update(**where, text="Approved", blocks=[{"type": "section", "text": plain("Approved")}])
            client.chat_postEphemeral(channel=where["channel"], user=body["user"]["id"], text="You approved it")
            ack()

        @self.app.action("hint")
        def hint(ack: Ack, respond: Respond, body: Json) -> None:
            self.seen["hint"] = body
            respond("It asks for little.")
            ack()

        @self.app.action("crash")
        def crash() -> None:
            raise RuntimeError("as it should")


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A workspace at noon."""
    with Slack(lambda: NOON) as emulated:
        yield emulated


@pytest.fixture
def bot(slack: Slack) -> Iterator[Bot]:
    """The bot, listening on loopback."""
    bot = Bot(slack)
    with LoopbackServer(SlackRequestHandler(bot.app)) as server:
        slack.events_url = f"{server.url}/slack/events"
        yield bot
        bot.gate.set()


@pytest.fixture
def vera(slack: Slack, bot: Bot) -> Person:
    """A developer who has never met the bot."""
    assert bot.app is not None
    return slack.person(slack.add_person("Vera Klein", "vera@contoso.example"))


@pytest.fixture
def channel(slack: Slack, vera: Person) -> str:
    """A private channel with her and the bot."""
    return slack.add_channel("approvals", members=[vera.id])


@pytest.fixture
def card(vera: Person, bot: Bot, channel: str) -> Message:
    """A request with buttons, in the channel."""
    bot.client.chat_postMessage(channel=channel, text="A request", blocks=CARD)
    return vera.messages(channel)[0]


@pytest.fixture
def form(vera: Person) -> View:
    """The modal, opened by the command."""
    vera.command("/register-app")
    assert vera.modal is not None
    return vera.modal


def test_command_shows_what_the_bot_says(vera: Person, bot: Bot) -> None:
    """The text of a slash command's answer is shown to the person alone; the form has Slack's fields."""
    outcome = vera.command("/register-app", "help")

    assert (outcome.status, outcome.texts, outcome.notice) == (200, ("How to use it",), None)
    sent = bot.seen["command"]
    assert (vera.id, "vera", "directmessage") == (sent["user_id"], sent["user_name"], sent["channel_name"])


def test_command_answered_through_the_response_url(slack: Slack, vera: Person, channel: str) -> None:
    """What comes later through response_url is shown where the command was typed."""
    outcome = vera.command("/register-app", "later", channel="approvals")
    slack.wait_until(lambda: outcome.texts)

    assert outcome.texts == ("And now",)
    assert [message.text for message in vera.ephemerals(channel)] == ["And now"]


def test_command_opens_a_modal(vera: Person) -> None:
    """The trigger_id of a command opens the modal in front of the one who typed it."""
    outcome = vera.command("/register-app")

    assert outcome.modal is vera.modal
    assert outcome.modal is not None
    assert (
        outcome.modal.title,
        outcome.modal.callback_id,
        outcome.modal.private_metadata,
    ) == ("Register an app", "form", "draft-1")


def test_late_command(slack: Slack, vera: Person) -> None:
    """Who is not answered in time reads operation_timeout."""
    slack.patience = 0.05

    outcome = vera.command("/register-app", "wait")
    assert (outcome.status, outcome.texts) == (0, ('/register-app failed with the error "operation_timeout"',))


def test_failing_command(slack: Slack, vera: Person) -> None:
    """A command that nobody handles, or that reaches nobody, reads dispatch_failed."""
    unhandled = vera.command("/other")
    slack.events_url = "http://127.0.0.1:9/slack/events"
    unreachable = vera.command("/register-app")

    assert (unhandled.status, unhandled.notice) == (404, '/other failed with the error "dispatch_failed"')
    assert (unreachable.status, unreachable.notice) == (0, '/register-app failed with the error "dispatch_failed"')


def test_signatures(slack: Slack, vera: Person) -> None:
    """A wrong signature and an old timestamp are refused by the real verification; a replay is not."""
    assert vera.forging(signature="bad").command("/register-app", "help").status == 401
    assert vera.forging(timestamp=int(time.time()) - 301).command("/register-app", "help").status == 401
    assert vera.command("/register-app", "help").status == 200
    assert slack.deliver(slack.deliveries[-1].raw).status == 200


def test_deliveries_are_recorded(slack: Slack, vera: Person) -> None:
    """Every request is on record with its kind, its status and how long it took."""
    vera.command("/register-app", "help")
    vera.forging(signature="bad").command("/register-app")

    assert [(one.kind, one.status) for one in slack.deliveries] == [("command", 200), ("command", 401)]
    assert all(0 < one.milliseconds < 3000 for one in slack.deliveries)


def test_submission_carries_every_value(vera: Person, bot: Bot, form: View) -> None:
    """view.state.values has each element's own shape, what nobody touched included."""
    vera.type("name", "Payroll")
    vera.choose("term", "A year")
    vera.suggest("scopes", "user")
    vera.choose("scopes", "user.read", "User.Write")
    vera.pick_user("owner", vera.id)
    outcome = vera.submit()

    values = {block: state["it"] for block, state in bot.seen["submission"]["view"]["state"]["values"].items()}
    assert outcome.closed
    assert values["name"] == {"type": "plain_text_input", "value": "Payroll"}
    assert values["url"] == {"type": "url_text_input", "value": None}
    assert values["term"]["selected_option"]["value"] == "365"
    assert [one["value"] for one in values["scopes"]["selected_options"]] == ["user.read", "user.write"]
    assert {"type": "users_select", "selected_user": vera.id} == values["owner"]
    assert values["until"] == {"type": "datepicker", "selected_date": None}
    assert form.id == bot.seen["submission"]["view"]["id"]


def test_client_stops_what_it_would_stop(slack: Slack, vera: Person, form: View) -> None:
    """An empty required field and a broken address never leave the client, unless it is a crafted one."""
    vera.type("url", "not an address")

    assert {"name", "url"} == set(vera.submit().stopped)
    assert form is vera.modal
    assert [one.kind for one in slack.deliveries] == ["command"]
    assert vera.submit(crafted=True).closed


def test_what_a_person_cannot_do(vera: Person, form: View) -> None:
    """Nobody types more than the field takes, chooses what is not offered, or more than may be chosen."""
    vera.suggest("scopes", "")

    impossible: list[Callable[[], object]] = [
        lambda: vera.type("name", "a" * 21),
        lambda: vera.choose("term", "forever"),
        lambda: vera.choose("scopes", "user.read", "user.write", "mail.read"),
        lambda: vera.type("nothing", "x"),
        lambda: vera.press("Approve app"),
    ]
    for act in impossible:
        with pytest.raises(CannotDo):
            act()
    vera.choose("term", "forever", crafted=True)
    assert form.typed["term"]["it"]["selected_option"]["value"] == "forever"


def test_suggestions(vera: Person, bot: Bot, form: View) -> None:
    """Typing into an external menu asks the bot with a real block_suggestion."""
    options = vera.suggest("scopes", "read")

    assert [one["text"]["text"] for one in options] == ["User.Read", "Mail.Read"]
    sent = bot.seen["options"]
    assert ("scopes", "it", "read", form.id) == (
        sent["block_id"],
        sent["action_id"],
        sent["value"],
        sent["container"]["view_id"],
    )


def test_errors_stand_beside_their_inputs(vera: Person, bot: Bot, form: View) -> None:
    """response_action errors keeps the modal open with the bot's words until the field is changed."""
    bot.answer = {"response_action": "errors", "errors": {"name": "It is taken."}}
    vera.type("name", "Payroll")
    outcome = vera.submit()

    assert (outcome.errors, outcome.closed) == ({"name": "It is taken."}, False)
    vera.type("name", "Payroll 2")
    assert form.errors == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {"acts": "a block that is no input"}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "vanish"},
        {"text": "Thanks"},
    ],
    ids=["unknown block", "no input", "wrong view", "unknown action", "message"],
)
def test_answers_that_slack_cannot_use(vera: Person, bot: Bot, form: View, answer: Json) -> None:
    """An answer that means nothing to Slack leaves the modal open with Slack's own words."""
    bot.answer = answer
    vera.type("name", "Payroll")
    outcome = vera.submit()

    assert (outcome.notice, outcome.closed, outcome.errors) == (TROUBLE, False, {})
    assert form is vera.modal


def test_late_submission(slack: Slack, vera: Person, form: View) -> None:
    """A submission that is not answered in time leaves the modal open; pressing again sends it again."""
    vera.type("name", "Payroll")
    url, slack.events_url = slack.events_url, "http://127.0.0.1:9/slack/events"
    first = vera.submit()
    slack.events_url = url

    assert (TROUBLE, form) == (first.notice, first.modal)
    assert vera.submit().closed


def test_update_push_and_clear(vera: Person, bot: Bot, form: View) -> None:
    """A submission's answer may change the view, cover it, or end the whole stack."""
    vera.type("name", "Payroll")
    bot.answer = {"response_action": "update", "view": {**FORM, "title": plain("Once more")}}
    vera.submit()
    assert (form.title, form.typed["name"]["it"]["value"]) == ("Once more", "Payroll")
    bot.answer = {"response_action": "push", "view": {**FORM, "title": plain("On top")}}
    vera.submit()
    top = vera.modal
    assert top is not None
    assert ("On top", form.id, form.id) == (top.title, top.previous_view_id, top.root_view_id)
    vera.type("name", "x")
    bot.answer = {"response_action": "clear"}
    vera.submit()
    assert vera.modal is None


def test_a_new_block_id_empties_the_field(vera: Person, bot: Bot, form: View) -> None:
    """On an update a field keeps its content only under the same block_id and action_id."""
    vera.type("name", "Payroll")
    renamed = [{**FORM["blocks"][0], "block_id": "name-2"}, *FORM["blocks"][1:]]
    bot.client.views_update(view_id=form.id, hash=form.hash, view={**FORM, "blocks": renamed})

    assert form.typed["name-2"]["it"] == {"type": "plain_text_input", "value": None}
    assert "name" not in form.typed


def test_acts_inside_a_modal(vera: Person, bot: Bot, form: View) -> None:
    """A button in a modal and a dispatching input tell the bot, with a trigger that can push."""
    pressed = vera.press("More")
    vera.pick_date("until", date(2030, 5, 1))

    assert (pressed.status, pressed.notice) == (200, None)
    assert bot.seen["it"]["actions"][0]["selected_date"] == "2030-05-01"
    bot.client.views_push(trigger_id=bot.seen["deep"]["trigger_id"], view=DONE)
    assert vera.wait_for_modal("Done").reads == "Thank you."
    assert {"type": "view", "view_id": form.id} == bot.seen["deep"]["container"]


def test_closing_is_told_when_asked_for(slack: Slack, vera: Person, bot: Bot, form: View) -> None:
    """view_closed is sent for a view with notify_on_close."""
    vera.close()

    assert vera.modal is None
    assert slack.deliveries[-1].kind == "view_closed"
    assert (form.id, False) == (bot.seen["closed"]["view"]["id"], bot.seen["closed"]["is_cleared"])


def test_closing_the_whole_stack(vera: Person, bot: Bot, form: View) -> None:
    """Closing everything tells the bot of each view that wants to be told, top first, as cleared."""
    vera.type("name", "Payroll")
    bot.answer = {"response_action": "push", "view": {**FORM, "title": plain("On top")}}
    vera.submit()
    told = vera.close(everything=True)

    assert vera.modal is None
    assert [one.raw.payload["view"]["title"]["text"] for one in told] == ["On top", form.title]
    assert all(one.raw.payload["is_cleared"] for one in told)


def test_strangers_carry_their_own_team(slack: Slack, bot: Bot, channel: str) -> None:
    """Somebody of another organisation who presses in a shared channel is told apart by team_id."""
    stranger = slack.person(slack.add_person("Sam", "sam@other.example", stranger=True))
    slack.change_channel(channel, ext_shared=True, members=[stranger.id, slack.bot_user_id])
    bot.client.chat_postMessage(channel=channel, text="A request", blocks=CARD)
    stranger.click(stranger.messages(channel)[0], "link")

    sent = bot.seen["link"]
    assert sent["team"]["id"] == slack.team_id
    assert sent["user"]["team_id"] != slack.team_id


def test_buttons_of_a_message_for_one_person(vera: Person, bot: Bot, channel: str) -> None:
    """A click in an ephemeral message says so and carries no message."""
    bot.client.chat_postEphemeral(channel=channel, user=vera.id, text="For you", blocks=CARD)
    vera.click(vera.ephemerals(channel)[0], "link")

    assert bot.seen["link"]["container"]["is_ephemeral"]
    assert "message" not in bot.seen["link"]


def test_click_changes_the_message(vera: Person, bot: Bot, card: Message) -> None:
    """A click carries message, channel, user and value; the bot's update and word to the person are seen."""
    outcome = vera.click(card, "Approve app")

    sent = bot.seen["approve"]
    assert (outcome.status, outcome.texts, card.reads) == (200, ("You approved it",), "Approved")
    assert [action["value"] for action in sent["actions"]] == ["r1"]
    assert (card.ts, card.channel, "privategroup") == (
        sent["message"]["ts"],
        sent["channel"]["id"],
        sent["channel"]["name"],
    )
    assert sent["response_url"].startswith("http://127.0.0.1:")


def test_only_buttons_that_stand_there_can_be_pressed(vera: Person, card: Message) -> None:
    """After the update the button is gone, but a screen that has not caught up still has it."""
    vera.click(card, "approve")

    with pytest.raises(CannotDo):
        vera.click(card, "approve")
    with pytest.raises(CannotDo):
        vera.click(card.versions[0], "approve")
    assert vera.click(card, "approve", stale=True).status == 200
    assert vera.click(card.versions[0], "approve", stale=True).status == 200


def test_a_person_sees_only_their_channels(slack: Slack, card: Message) -> None:
    """Who is not in a private channel can neither read nor press there."""
    otto = slack.person(slack.add_person("Otto", "otto@contoso.example"))

    with pytest.raises(CannotDo):
        otto.messages(card.channel)
    with pytest.raises(CannotDo):
        otto.click(card, "approve")


def test_link_buttons(vera: Person, bot: Bot, card: Message) -> None:
    """A link button opens its address and tells the bot who pressed it."""
    outcome = vera.click(card, "Open")

    assert (outcome.url, outcome.status) == ("https://x.example/secret#t", 200)
    assert vera.id == bot.seen["link"]["user"]["id"]


def test_menus_and_pickers_in_messages(vera: Person, bot: Bot, card: Message) -> None:
    """An overflow menu, a date picker and an input block in a message travel as Slack sends them."""
    vera.type_in_message(card, "why", "Because")
    vera.click_overflow(card, "menu", "Withdraw")
    vera.choose_in_message(card, "day", date(2030, 3, 1))

    assert bot.seen["menu"]["actions"][0]["selected_option"]["value"] == "withdraw"
    assert bot.seen["day"]["actions"][0]["selected_date"] == "2030-03-01"
    assert bot.seen["day"]["state"]["values"]["why"]["it"]["value"] == "Because"
    assert bot.seen["day"]["state"]["values"]["card"]["day"]["selected_date"] == "2030-03-01"


def test_failing_click(vera: Person, card: Message) -> None:
    """A click whose listener fails shows a warning triangle."""
    outcome = vera.click(card, "crash")

    assert (outcome.status, outcome.notice) == (500, WARNING_TRIANGLE)


def test_a_response_url_is_good_five_times(vera: Person, bot: Bot, card: Message) -> None:
    """It shows a message to the person, replaces and deletes the original, and is used up after five."""
    vera.click(card, "hint")
    url = bot.seen["hint"]["response_url"]

    def post(**body: Any) -> tuple[int, str]:
        answer = requests.post(url, json=body, timeout=5)
        return answer.status_code, answer.text

    assert post(text="Public", response_type="in_channel") == (200, "ok")
    assert post(text="Replaced", replace_original=True) == (200, "ok")
    assert card.reads == "Replaced"
    assert post(text="")[0] == 400
    assert post(delete_original=True) == (200, "ok")
    assert [message.text for message in vera.messages(card.channel)] == ["Public"]
    assert [message.text for message in vera.ephemerals()] == ["It asks for little."]
    status, body = post(text="a sixth time")
    assert (status, json.loads(body)["error"]) == (404, "used_url")


def test_a_response_url_is_good_for_thirty_minutes(slack: Slack, vera: Person, bot: Bot, card: Message) -> None:
    """After thirty minutes it answers expired_url, and one that never was invalid_url."""
    vera.click(card, "hint")
    url, key = bot.seen["hint"]["response_url"].rsplit("/", 1)
    slack._tickets._clock = lambda: NOON.replace(minute=30, second=1)

    late = requests.post(f"{url}/{key}", json={"text": "x"}, timeout=5)
    made_up = requests.post(f"{url}/abc", json={"text": "x"}, timeout=5)
    assert (late.status_code, late.json()["error"]) == (404, "expired_url")
    assert (made_up.status_code, made_up.json()["error"]) == (404, "invalid_url")


def test_app_home_is_opened_by_an_event(slack: Slack, vera: Person, bot: Bot) -> None:
    """Opening the Home tab sends app_home_opened; its buttons act like a modal's; retries carry their headers."""
    vera.open_home()
    slack.wait_until(lambda: vera.home)
    assert vera.home is not None
    assert "Your apps" in vera.home.reads
    assert bot.seen["event"]["tab"] == "home"
    assert vera.press("Open").status == 200
    again = slack.retry(slack.deliveries[0])
    assert (again.status, again.raw.headers["X-Slack-Retry-Num"]) == (200, "1")


def test_direct_messages(vera: Person, bot: Bot) -> None:
    """What the bot writes to a person stands in their direct messages."""
    bot.client.chat_postMessage(channel=vera.id, text="Your app is ready")

    assert [message.reads for message in vera.dm] == ["Your app is ready"]


def test_everything_that_happens_is_told(slack: Slack, vera: Person, card: Message) -> None:
    """A subscriber hears of every change in order, until it has heard enough."""
    heard: list[Json] = []
    end = slack.subscribe(heard.append)
    vera.click(card, "approve")
    end()
    vera.command("/register-app")

    assert [event["type"] for event in heard] == ["message_edited", "ephemeral_shown"]
    assert heard[0]["seq"] < heard[1]["seq"]


def test_snapshot_is_plain_json(slack: Slack, vera: Person, card: Message) -> None:
    """The snapshot has people, channels with every version of their messages, and open modals."""
    vera.click(card, "approve")
    vera.command("/register-app")

    picture = json.loads(json.dumps(slack.snapshot()))
    channel = next(one for one in picture["channels"] if one["id"] == card.channel)
    assert len(channel["messages"][0]["versions"]) == 2
    assert picture["modals"][vera.id][0]["title"]["text"] == "Register an app"


def test_all_text_misses_nothing(slack: Slack, vera: Person, bot: Bot, card: Message) -> None:
    """What was said, typed, sent, asked or refused anywhere is found by the scan, escapes or not."""
    vera.command("/register-app", "canary-1 ü")
    vera.type("name", "canary-2")
    vera.submit()
    bot.client.chat_update(channel=card.channel, ts=card.ts, text="canary-3 ü")
    bot.client.chat_update(channel=card.channel, ts=card.ts, text="gone")
    with pytest.raises(Exception, match="users_not_found"):
        bot.client.users_lookupByEmail(email="canary-4@x.example")
    requests.post(f"{slack.url}/respond/none", json={"text": "canary-5"}, timeout=5)

    text = "\n".join(slack.all_text())
    wanted = ["canary-1 ü", "canary-2", "canary-3 ü", "canary-4@x.example", "canary-5"]
    assert wanted == [word for word in wanted if word in text]
    assert slack.bot_token not in text


def test_many_people_at_once(vera: Person, bot: Bot, channel: str) -> None:
    """Threads that post at the same time lose nothing, and every timestamp is its own."""

    def post(number: int) -> Callable[[], None]:
        return lambda: (bot.client.chat_postMessage(channel=channel, text=str(number)), None)[1]

    threads = [threading.Thread(target=post(number)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    messages = vera.messages(channel)
    assert {str(number) for number in range(20)} == {message.text for message in messages}
    assert len({message.ts for message in messages}) == 20
