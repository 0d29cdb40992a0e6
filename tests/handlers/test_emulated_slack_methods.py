"""The Web API of the emulated Slack answers and refuses as Slack's method pages say."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.sandbox.slack import Slack, faults

Json = dict[str, Any]
VIEW = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}],
}
HOME = {"type": "home", "blocks": VIEW["blocks"]}
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "in a block"}}]


class StandingClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time at present."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> StandingClock:
    """The emulated time."""
    return StandingClock()


@pytest.fixture
def slack(clock: StandingClock) -> Iterator[Slack]:
    """A fresh workspace."""
    with Slack(clock) as emulated:
        yield emulated


@pytest.fixture
def client(slack: Slack) -> WebClient:
    """Slack's own client, which does not repeat what failed."""
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def vera(slack: Slack) -> str:
    """A developer."""
    return slack.add_person("Vera Klein", "vera@contoso.example")


@pytest.fixture
def channel(slack: Slack, vera: str) -> str:
    """A private channel with the developer and the bot."""
    return slack.add_channel("approvals", members=[vera])


def refusal(act: Callable[[], Any]) -> str:
    """The error of an answer that refuses."""
    with pytest.raises(SlackApiError) as caught:
        act()
    return str(caught.value.response["error"])


def trigger(slack: Slack, user_id: str, view_id: str | None = None) -> str:
    """A trigger_id as an interaction would carry it."""
    return slack._tickets.new_trigger(user_id, view_id)


def test_auth_test_names_the_bot(slack: Slack, client: WebClient) -> None:
    """auth.test tells the bot its team and its user."""
    answer = client.auth_test()

    assert (slack.team_id, slack.bot_user_id) == (answer["team_id"], answer["user_id"])


def test_tokens(slack: Slack, client: WebClient) -> None:
    """No token, a wrong one, one of another kind and a revoked one are told apart."""
    other = WebClient("xoxb-other", base_url=slack.api_url)

    assert refusal(WebClient(base_url=slack.api_url).auth_test) == "not_authed"
    assert refusal(other.auth_test) == "invalid_auth"
    assert refusal(WebClient(slack.app_token, base_url=slack.api_url).auth_test) == "not_allowed_token_type"
    slack.token_error = "token_revoked"
    assert refusal(client.auth_test) == "token_revoked"


def test_missing_scope_names_what_is_needed(slack: Slack, client: WebClient, vera: str) -> None:
    """A call without its scope is answered with the scope that is needed and those that there are."""
    slack.scopes.discard("users:read")

    with pytest.raises(SlackApiError) as caught:
        client.users_info(user=vera)

    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert ",".join(sorted(slack.scopes)) == answer["provided"] == answer.headers["X-OAuth-Scopes"]


SCOPED: list[tuple[str, str, Json]] = [
    ("chat:write", "chat.postMessage", {"channel": "{channel}", "text": "x"}),
    ("chat:write", "chat.update", {"channel": "{channel}", "ts": "1.1", "text": "x"}),
    ("chat:write", "chat.postEphemeral", {"channel": "{channel}", "user": "{user}", "text": "x"}),
    ("chat:write", "chat.delete", {"channel": "{channel}", "ts": "1.1"}),
    ("users:read", "users.info", {"user": "{user}"}),
    ("users:read.email", "users.lookupByEmail", {"email": "vera@contoso.example"}),
    ("usergroups:read", "usergroups.list", {}),
    ("usergroups:read", "usergroups.users.list", {"usergroup": "S1"}),
    ("im:write", "conversations.open", {"users": "{user}"}),
    ("groups:read", "conversations.info", {"channel": "{channel}"}),
    ("groups:read", "conversations.members", {"channel": "{channel}"}),
    ("groups:history", "conversations.history", {"channel": "{channel}"}),
    ("groups:history", "conversations.replies", {"channel": "{channel}", "ts": "1.1"}),
    ("im:history", "conversations.history", {"channel": "{dm}"}),
    ("channels:read", "conversations.info", {"channel": "{public}"}),
]


@pytest.mark.parametrize("case", SCOPED, ids=[f"{case[1]} {case[0]}" for case in SCOPED])
def test_scopes(slack: Slack, client: WebClient, channel: str, vera: str, case: tuple[str, str, Json]) -> None:
    """Each method asks for its own scope, those of conversations by the kind of the channel."""
    scope, method, arguments = case
    dm = client.conversations_open(users=vera)["channel"]["id"]
    names = {"channel": channel, "user": vera, "dm": dm, "public": slack.add_channel("general", private=False)}
    filled = {name: value.format(**names) for name, value in arguments.items()}
    slack.scopes.discard(scope)

    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, params=filled)

    assert ("missing_scope", scope) == (caught.value.response["error"], caught.value.response["needed"])


def test_unknown_method(client: WebClient) -> None:
    """What is not emulated is unknown, not silently fine."""
    assert refusal(lambda: client.api_call("chat.scheduleMessage")) == "unknown_method"


def test_forms_and_json_are_read_alike(slack: Slack, client: WebClient, channel: str) -> None:
    """Blocks may come as JSON in a JSON body or as text in a form."""
    in_form = client.api_call("chat.postMessage", data={"channel": channel, "blocks": json.dumps(BLOCKS), "text": "x"})
    in_json = client.chat_postMessage(channel=channel, blocks=BLOCKS, text="x")

    first, second = slack.workspace.messages
    assert [in_form["ts"], in_json["ts"]] == [first.ts, second.ts]
    assert "in a block" == first.reads == second.reads


def test_broken_bodies(slack: Slack, channel: str) -> None:
    """A JSON body that is none, or is no object, is refused as such."""

    def post(body: bytes) -> str:
        headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": "application/json"}
        url = f"{slack.api_url}chat.postMessage?channel={channel}"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:  # noqa: S310 - loopback
            return str(json.load(answer)["error"])

    assert post(b"{") == "invalid_json"
    assert post(b"[]") == "json_not_object"
    assert post(b"{}") == "no_text"


def test_posting_to_a_person_answers_with_the_dm(client: WebClient, vera: str) -> None:
    """A message to a user id goes to the D… channel that conversations.open names too."""
    posted = client.chat_postMessage(channel=vera, text="Hello")

    assert posted["channel"].startswith("D")
    assert posted["channel"] == client.conversations_open(users=vera)["channel"]["id"]


def test_people_who_cannot_be_written_to(slack: Slack, client: WebClient, vera: str) -> None:
    """Unknown people, those who left, bots and a closed Messages tab are told apart."""
    gone = slack.add_person("Gone", "gone@contoso.example", deactivated=True)
    robot = slack.add_person("Robot", "robot@contoso.example", bot=True)

    assert refusal(lambda: client.chat_postMessage(channel="U0", text="x")) == "channel_not_found"
    assert refusal(lambda: client.conversations_open(users="U0")) == "user_not_found"
    assert refusal(lambda: client.chat_postMessage(channel=gone, text="x")) == "user_disabled"
    assert refusal(lambda: client.conversations_open(users=gone)) == "user_disabled"
    assert refusal(lambda: client.conversations_open(users=robot)) == "cannot_dm_bot"
    assert refusal(lambda: client.chat_postMessage(channel=robot, text="x")) == "cannot_dm_bot"
    slack.workspace.messages_tab = False
    assert refusal(lambda: client.chat_postMessage(channel=vera, text="x")) == "messages_tab_disabled"


def test_a_dm_dies_with_its_person(slack: Slack, client: WebClient, vera: str) -> None:
    """The D… channel of somebody who left takes no more messages."""
    dm = client.chat_postMessage(channel=vera, text="x")["channel"]
    slack.change_person(vera, deactivated=True)

    assert refusal(lambda: client.chat_postMessage(channel=dm, text="x")) == "user_disabled"


def test_channels_that_take_no_message(slack: Slack, client: WebClient, channel: str) -> None:
    """A private channel without the bot is not there, a public one says so, an archived one too."""
    secret = slack.add_channel("secret", bot_in=False)
    public = slack.add_channel("general", private=False, bot_in=False)
    slack.change_channel(channel, archived=True)

    assert refusal(lambda: client.chat_postMessage(channel=secret, text="x")) == "channel_not_found"
    assert refusal(lambda: client.chat_postMessage(channel=public, text="x")) == "not_in_channel"
    assert refusal(lambda: client.chat_postMessage(channel=channel, text="x")) == "is_archived"
    slack.scopes.add("chat:write.public")
    assert client.chat_postMessage(channel=public, text="x")["ok"]


def test_saying_nothing(client: WebClient, channel: str) -> None:
    """A message needs a text or blocks."""

    def post(**parts: Any) -> str:
        return refusal(lambda: client.api_call("chat.postMessage", json={"channel": channel, **parts}))

    assert [post(), post(text=" "), post(text="", blocks=[])] == ["no_text"] * 3


def test_threads(client: WebClient, channel: str) -> None:
    """A reply stands in its thread, and only a message can be replied to."""
    head = client.chat_postMessage(channel=channel, text="head")["ts"]
    reply = client.chat_postMessage(channel=channel, text="reply", thread_ts=head)["ts"]

    thread = client.conversations_replies(channel=channel, ts=head)["messages"]
    assert [head, reply] == [message["ts"] for message in thread]
    assert [head] == [message["ts"] for message in client.conversations_history(channel=channel)["messages"]]
    nowhere = refusal(lambda: client.chat_postMessage(channel=channel, text="x", thread_ts="1.000000"))
    assert nowhere == "cannot_reply_to_message"
    assert refusal(lambda: client.conversations_replies(channel=channel, ts="1.000000")) == "thread_not_found"


def test_update_replaces_what_is_given(slack: Slack, client: WebClient, channel: str) -> None:
    """Text without blocks takes the blocks away; metadata stays until it is given again."""
    metadata = {"event_type": "request", "event_payload": {"id": "r1"}}
    ts = client.chat_postMessage(channel=channel, text="a", blocks=BLOCKS, metadata=metadata)["ts"]
    client.chat_update(channel=channel, ts=ts, text="b")
    message = slack.workspace.messages[0]

    assert ("b", [], metadata) == (message.text, message.blocks, message.metadata)
    assert [version.text for version in message.versions] == ["a", "b"]
    assert message.versions[0].reads == "in a block"


def test_update_with_metadata_alone_keeps_the_rest(slack: Slack, client: WebClient, channel: str) -> None:
    """Neither text nor blocks given, with metadata: both stay; without metadata there is no_text."""
    ts = client.chat_postMessage(channel=channel, text="a", blocks=BLOCKS)["ts"]
    metadata = {"event_type": "request", "event_payload": {}}
    client.api_call("chat.update", json={"channel": channel, "ts": ts, "metadata": metadata})
    message = slack.workspace.messages[0]

    assert (message.text, message.reads) == ("a", "in a block")
    assert refusal(lambda: client.api_call("chat.update", json={"channel": channel, "ts": ts})) == "no_text"


def test_what_cannot_be_updated(slack: Slack, client: WebClient, channel: str, vera: str) -> None:
    """A message that is not there, is somebody else's, is deleted or only one person's cannot be updated."""
    theirs = slack.person(vera).say(channel, "Hello").ts
    ephemeral = client.chat_postEphemeral(channel=channel, user=vera, text="x")["message_ts"]
    deleted = client.chat_postMessage(channel=channel, text="x")["ts"]
    client.chat_delete(channel=channel, ts=deleted)
    kept = client.chat_postMessage(channel=channel, text="x")["ts"]

    def update(ts: str) -> str:
        return refusal(lambda: client.chat_update(channel=channel, ts=ts, text="y"))

    assert [update("1.000000"), update(ephemeral), update(deleted)] == ["message_not_found"] * 3
    assert update(theirs) == "cant_update_message"
    assert refusal(lambda: client.chat_delete(channel=channel, ts=theirs)) == "cant_delete_message"
    slack.change_channel(channel, archived=True)
    assert update(kept) == "is_inactive"


def test_a_dm_is_updated_by_its_channel_and_not_by_its_person(client: WebClient, vera: str) -> None:
    """chat.update takes the D… id and no user id."""
    posted = client.chat_postMessage(channel=vera, text="a")

    assert client.chat_update(channel=posted["channel"], ts=posted["ts"], text="b")["ok"]
    assert refusal(lambda: client.chat_update(channel=vera, ts=posted["ts"], text="c")) == "channel_not_found"


def test_ephemerals_reach_members_only(slack: Slack, client: WebClient, channel: str, vera: str) -> None:
    """chat.postEphemeral is for somebody in the channel, and nobody else sees it."""
    outsider = slack.add_person("Otto", "otto@contoso.example")
    client.chat_postEphemeral(channel=channel, user=vera, text="only you")

    assert [message.text for message in slack.person(vera).ephemerals(channel)] == ["only you"]
    assert slack.person(vera).messages(channel) == []
    outside = refusal(lambda: client.chat_postEphemeral(channel=channel, user=outsider, text="x"))
    assert outside == "user_not_in_channel"
    assert refusal(lambda: client.chat_postEphemeral(channel=channel, user="U0", text="x")) == "user_not_found"


def test_metadata(client: WebClient, channel: str) -> None:
    """Metadata is an event_type with an object, of limited size, and comes back only when asked for."""

    def post(metadata: Any) -> Any:
        return client.chat_postMessage(channel=channel, text="x", metadata=metadata)

    good = {"event_type": "app_request", "event_payload": {"id": "r1"}}
    assert post(good)["ok"]
    assert refusal(lambda: post({"event_type": "x"})) == "invalid_metadata_format"
    assert refusal(lambda: post({"event_type": "x", "event_payload": "y"})) == "invalid_metadata_schema"
    assert refusal(lambda: post({"event_type": "x", "event_payload": {"a": "b" * 8000}})) == "metadata_too_large"
    asked = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    plain = client.conversations_history(channel=channel)["messages"]
    assert ([good], [False]) == ([one.get("metadata") for one in asked], ["metadata" in one for one in plain])


def test_history_by_time_and_page(client: WebClient, clock: StandingClock, channel: str) -> None:
    """History is newest first, after `oldest` (which itself does not count), in pages with a cursor."""
    times = []
    for number in range(4):
        clock.advance(10)
        times.append(client.chat_postMessage(channel=channel, text=str(number))["ts"])

    first = client.conversations_history(channel=channel, oldest=times[0], limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = client.conversations_history(channel=channel, oldest=times[0], limit=2, cursor=cursor)
    assert ([one["text"] for one in first["messages"]], first["has_more"]) == (["3", "2"], True)
    assert ([one["text"] for one in second["messages"]], second["has_more"]) == (["1"], False)


def test_history_asks_for_times(client: WebClient, channel: str) -> None:
    """`oldest` and `latest` are timestamps."""
    client.chat_postMessage(channel=channel, text="x")

    assert refusal(lambda: client.conversations_history(channel=channel, oldest="today")) == "invalid_ts_oldest"
    assert refusal(lambda: client.conversations_history(channel=channel, latest="now")) == "invalid_ts_latest"
    assert refusal(lambda: client.conversations_history(channel=channel, cursor="x")) == "invalid_cursor"
    assert refusal(lambda: client.conversations_history(channel=channel, limit=1001)) == "invalid_arguments"


def test_history_of_a_channel_without_the_bot(slack: Slack, client: WebClient) -> None:
    """A public channel that the bot is not in keeps its history."""
    slack.scopes.add("channels:history")
    public = slack.add_channel("general", private=False, bot_in=False)

    assert refusal(lambda: client.conversations_history(channel=public)) == "not_in_channel"


def test_members_come_in_pages(slack: Slack, client: WebClient) -> None:
    """conversations.members answers a hundred at a time unless asked otherwise."""
    people = [slack.add_person(f"P{n}", f"p{n}@contoso.example") for n in range(150)]
    crowded = slack.add_channel("crowded", members=people)

    first = client.conversations_members(channel=crowded)
    rest = client.conversations_members(channel=crowded, cursor=first["response_metadata"]["next_cursor"])
    assert [*people, slack.bot_user_id] == first["members"] + rest["members"]
    assert (len(first["members"]), rest["response_metadata"]["next_cursor"]) == (100, "")


def test_channel_facts(slack: Slack, client: WebClient, channel: str) -> None:
    """conversations.info says what kind of channel it is, who shares it, and whether the bot is in it."""
    slack.change_channel(channel, ext_shared=True)

    info = client.conversations_info(channel=channel)["channel"]
    assert (
        info["is_private"],
        info["is_ext_shared"],
        info["is_member"],
        info["is_archived"],
    ) == (True, True, True, False)
    assert refusal(lambda: client.conversations_info(channel="C0")) == "channel_not_found"


def test_people_facts(slack: Slack, client: WebClient, vera: str) -> None:
    """users.info tells guests, strangers, bots and people who left, and the e-mail only with its scope."""
    guest = slack.add_person("Gast", "gast@partner.example", guest=True)
    stranger = slack.add_person("Stranger", "s@other.example", stranger=True)
    slack.change_person(vera, deactivated=True)

    assert client.users_info(user=guest)["user"]["is_restricted"]
    foreign = client.users_info(user=stranger)["user"]
    assert (foreign["is_stranger"], foreign["team_id"] == slack.team_id) == (True, False)
    assert client.users_info(user=vera)["user"]["deleted"]
    assert client.users_info(user=vera)["user"]["profile"]["email"] == "vera@contoso.example"
    slack.scopes.discard("users:read.email")
    assert "email" not in client.users_info(user=vera)["user"]["profile"]
    assert refusal(lambda: client.users_info(user="U0")) == "user_not_found"


def test_lookup_by_email(slack: Slack, client: WebClient, vera: str) -> None:
    """users.lookupByEmail finds people whatever the case of the address, but nobody who left."""
    assert vera == client.users_lookupByEmail(email="VERA@contoso.example")["user"]["id"]
    slack.change_person(vera, deactivated=True)
    assert refusal(lambda: client.users_lookupByEmail(email="vera@contoso.example")) == "users_not_found"


def test_user_groups(slack: Slack, client: WebClient, vera: str) -> None:
    """A group lists its members; a disabled or unknown one does not exist."""
    group = slack.add_group("identity", [vera])

    assert [vera] == client.usergroups_users_list(usergroup=group)["users"]
    assert [group] == [one["id"] for one in client.usergroups_list()["usergroups"]]
    slack.set_group(group, enabled=False)
    assert refusal(lambda: client.usergroups_users_list(usergroup=group)) == "no_such_subteam"
    assert client.usergroups_list()["usergroups"] == []


def test_permalink(client: WebClient, channel: str) -> None:
    """A permalink names channel and time of a message that is there."""
    ts = client.chat_postMessage(channel=channel, text="x")["ts"]

    link = client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]
    assert link.endswith(f"/archives/{channel}/p{ts.replace('.', '')}")
    assert refusal(lambda: client.chat_getPermalink(channel=channel, message_ts="1.0")) == "message_not_found"


def test_a_trigger_opens_one_view_within_three_seconds(
    slack: Slack, client: WebClient, clock: StandingClock, vera: str
) -> None:
    """A trigger_id is known, used once, and lives for three seconds."""
    once, late = trigger(slack, vera), trigger(slack, vera)
    clock.advance(3)
    assert client.views_open(trigger_id=once, view=VIEW)["ok"]
    assert refusal(lambda: client.views_open(trigger_id=once, view=VIEW)) == "exchanged_trigger_id"
    clock.advance(0.001)
    assert refusal(lambda: client.views_open(trigger_id=late, view=VIEW)) == "expired_trigger_id"
    assert refusal(lambda: client.views_open(trigger_id="1.2", view=VIEW)) == "invalid_trigger_id"


def test_a_refused_view_does_not_spend_the_trigger(slack: Slack, client: WebClient, vera: str) -> None:
    """After invalid_arguments the same trigger_id still opens a view."""
    held = trigger(slack, vera)

    assert refusal(lambda: client.views_open(trigger_id=held, view={"type": "modal"})) == "invalid_arguments"
    assert client.views_open(trigger_id=held, view=VIEW)["ok"]


def test_external_ids_are_unique(slack: Slack, client: WebClient, vera: str) -> None:
    """Two open views cannot share an external_id; it names the view in views.update."""
    named = {**VIEW, "external_id": "request-1"}
    client.views_open(trigger_id=trigger(slack, vera), view=named)

    again = refusal(lambda: client.views_open(trigger_id=trigger(slack, vera), view=named))
    assert again == "duplicate_external_id"
    assert client.views_update(external_id="request-1", view=VIEW)["ok"]
    assert refusal(lambda: client.views_update(external_id="request-1", view=VIEW)) == "not_found"


def test_hash_conflict(slack: Slack, client: WebClient, vera: str) -> None:
    """A view that has changed since its hash was read is not overwritten."""
    view = client.views_open(trigger_id=trigger(slack, vera), view=VIEW)["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view=VIEW)

    late = refusal(lambda: client.views_update(view_id=view["id"], hash=view["hash"], view=VIEW))
    assert late == "hash_conflict"


def test_three_views_at_most(slack: Slack, client: WebClient, vera: str) -> None:
    """A stack holds three views; pushing needs a trigger from inside the modal."""
    view_id = client.views_open(trigger_id=trigger(slack, vera), view=VIEW)["view"]["id"]
    assert refusal(lambda: client.views_push(trigger_id=trigger(slack, vera), view=VIEW)) == "invalid_trigger_id"
    for _ in range(2):
        client.views_push(trigger_id=trigger(slack, vera, view_id), view=VIEW)

    fourth = refusal(lambda: client.views_push(trigger_id=trigger(slack, vera, view_id), view=VIEW))
    assert fourth == "push_limit_reached"


def test_app_home(slack: Slack, client: WebClient, vera: str) -> None:
    """views.publish shows App Home to a person, guards its hash, and needs the tab to be on."""
    hash_ = client.views_publish(user_id=vera, view=HOME)["view"]["hash"]
    assert client.views_publish(user_id=vera, view=HOME, hash=hash_)["ok"]

    home = slack.person(vera).home
    assert home is not None
    assert home.reads == "Hello"
    assert refusal(lambda: client.views_publish(user_id=vera, view=HOME, hash=hash_)) == "hash_conflict"
    assert refusal(lambda: client.views_publish(user_id=vera, view=VIEW)) == "invalid_arguments"
    assert refusal(lambda: client.views_publish(user_id="U0", view=HOME)) == "user_not_found"
    slack.workspace.home_tab = False
    assert refusal(lambda: client.views_publish(user_id=vera, view=HOME)) == "not_enabled"


def test_pace(slack: Slack, client: WebClient, clock: StandingClock, channel: str, vera: str) -> None:
    """With pace on, a channel takes one message a second, and other channels are not held up."""
    slack.pace.burst = 1
    client.chat_postMessage(channel=channel, text="1")

    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=channel, text="2")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    assert client.chat_postMessage(channel=vera, text="elsewhere")["ok"]
    clock.advance(1)
    assert client.chat_postMessage(channel=channel, text="2")["ok"]


def test_timestamps_rise_while_the_clock_stands(client: WebClient, channel: str) -> None:
    """Two messages of one moment have different timestamps, in order."""
    first, second = (client.chat_postMessage(channel=channel, text="x")["ts"] for _ in range(2))

    assert float(first) < float(second)


def test_rate_limit_as_a_fault(slack: Slack, client: WebClient, channel: str) -> None:
    """The ready-made 429 is one that Slack's own retry handler waits out."""
    slack.trouble.add(faults.rate_limited("chat.postMessage", seconds=0))
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))

    assert client.chat_postMessage(channel=channel, text="x")["ok"]
    assert [exchange.status for exchange in slack.journal.exchanges] == [429, 200]


def test_outage_and_refusal_as_faults(slack: Slack, client: WebClient, channel: str) -> None:
    """503 and an error by name, each once, and then all is well."""
    slack.trouble.add(faults.down("chat.postMessage"))
    slack.trouble.add(faults.refused("chat.postMessage", "fatal_error"))

    assert refusal(lambda: client.chat_postMessage(channel=channel, text="x")) == "service_unavailable"
    assert refusal(lambda: client.chat_postMessage(channel=channel, text="x")) == "fatal_error"
    assert client.chat_postMessage(channel=channel, text="x")["ok"]
    assert len(slack.workspace.messages) == 1


def test_lateness_without_a_clock(slack: Slack, client: WebClient, channel: str) -> None:
    """A held call has no effect until it is let go, and then it has."""
    gate = threading.Event()
    slack.trouble.add(faults.held("chat.postMessage", gate))
    call = threading.Thread(target=lambda: client.chat_postMessage(channel=channel, text="x"))
    call.start()
    before = len(slack.workspace.messages)
    gate.set()
    call.join()

    assert (before, len(slack.workspace.messages)) == (0, 1)


def test_an_answer_that_is_lost(slack: Slack, client: WebClient, channel: str) -> None:
    """A message whose answer is lost is posted all the same; one that never arrived is not."""
    slack.trouble.add(faults.posted_then_lost())
    with pytest.raises(OSError, match="reset"):
        client.chat_postMessage(channel=channel, text="posted")
    slack.trouble.add(faults.unreachable("chat.postMessage"))
    with pytest.raises(OSError, match="reset"):
        client.chat_postMessage(channel=channel, text="not posted")

    assert [message.text for message in slack.workspace.messages] == ["posted"]
