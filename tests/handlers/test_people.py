"""Who people are is what Slack says of them, and where Slack says nothing, nobody may decide."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.errors import NotAllowed, SlackUnavailable
from bot.model import Person
from bot.policy import may_ask
from handlers.people import GROUP_GRACE_SECONDS, GROUP_SECONDS, REMEMBERED_SECONDS, People
from tests.sandbox.slack import Slack, faults
from tests.sandbox.trouble import Fault


@dataclass(kw_only=True)
class Office:
    """A workspace with Ada, Grace who approves by her group, Katherine who approves by her id, and what we know."""

    slack: Slack
    seconds: float = 0.0
    ids: dict[str, str] = field(init=False)
    group: str = field(init=False)
    people: People = field(init=False)

    def __post_init__(self) -> None:
        names = ("ada", "grace", "katherine")
        self.ids = {name: self.slack.add_person(name.title(), f"{name}@contoso.example") for name in names}
        self.group = self.slack.add_group("approvers", [self.ids["grace"]])
        client = WebClient(self.slack.bot_token, base_url=self.slack.api_url, retry_handlers=[])
        self.people = People(client, (self.ids["katherine"], self.group), lambda: self.seconds)

    def asked(self, method: str) -> int:
        """How often Slack was asked."""
        return len(self.slack.journal.calls(f"/api/{method}"))


@pytest.fixture
def office() -> Iterator[Office]:
    """An office of one's own."""
    with Slack() as slack:
        office = Office(slack=slack)
        yield office
        office.people.close()


def test_a_member(office: Office) -> None:
    """A full member is known by name and e-mail, and may ask."""
    ada = office.people.person(office.ids["ada"])

    assert (ada.name, ada.email, ada.timezone) == ("Ada", "ada@contoso.example", "Europe/Vienna")
    assert may_ask(ada)


@pytest.mark.parametrize(
    ("kind", "trait"),
    [
        ({"guest": True}, "is_guest"),
        ({"stranger": True}, "is_stranger"),
        ({"deactivated": True}, "is_deactivated"),
        ({"bot": True}, "is_bot"),
    ],
)
def test_outsiders(office: Office, kind: dict[str, Any], trait: str) -> None:
    """A guest, a stranger, somebody who left and a bot are known as what they are, and may not ask."""
    oscar = office.people.person(office.slack.add_person("Oscar", "oscar@contoso.example", **kind))

    assert getattr(oscar, trait)
    assert not may_ask(oscar)


def test_single_channel_guest(office: Office) -> None:
    """A single-channel guest, whom Slack marks with another flag, is a guest too."""
    user = {"id": "UGUEST00001", "team_id": office.slack.team_id, "is_ultra_restricted": True, "profile": {}}

    assert told_of(office, user).is_guest


def test_shared_channel_colleague(office: Office) -> None:
    """Somebody of another workspace whom Slack does not call a stranger, because one shares a channel, is one."""
    user = {"id": "USHARED0001", "team_id": "TELSEWHERE1", "is_stranger": False, "profile": {}}

    assert told_of(office, user).is_stranger


@pytest.mark.parametrize(("enterprise", "stranger"), [("EHOME000001", False), ("EOTHER00001", True), (None, True)])
def test_enterprise(office: Office, enterprise: str | None, stranger: bool) -> None:  # noqa: FBT001 - cases of the table
    """Within an Enterprise Grid a colleague of another workspace is none; one of another enterprise is."""
    home = {"ok": True, "team_id": office.slack.team_id, "enterprise_id": "EHOME000001"}
    office.slack.trouble.add(Fault(match="/api/auth.test$", status=200, body=home))
    grid = {"enterprise_user": {"enterprise_id": enterprise}} if enterprise else {}
    user = {"id": "UGRID000001", "team_id": "TELSEWHERE1", "profile": {}, **grid}

    assert told_of(office, user).is_stranger is stranger


def told_of(office: Office, user: Mapping[str, object]) -> Person:
    """The person of whom Slack says this."""
    office.slack.trouble.add(Fault(match="/api/users.info$", status=200, body={"ok": True, "user": user}))
    return office.people.person(str(user["id"]))


@pytest.mark.parametrize("word", ["user_not_found", "user_not_visible"])
def test_invisible(office: Office, word: str) -> None:
    """Whom Slack does not show cannot do anything here."""
    office.slack.trouble.add(faults.refused("users.info", word))

    with pytest.raises(NotAllowed, match="does not let me see who you are"):
        office.people.person(office.ids["ada"])


SILENCES: list[Callable[[str], Fault]] = [
    faults.rate_limited,
    faults.down,
    faults.unreachable,
    lambda method: faults.refused(method, "missing_scope"),
    lambda method: faults.refused(method, "fatal_error"),
]


@pytest.mark.parametrize("silence", SILENCES)
def test_nobody_known(office: Office, silence: Callable[[str], Fault]) -> None:
    """When Slack does not tell who somebody is, nobody is assumed; the next try asks again."""
    office.slack.trouble.add(silence("users.info"))
    with pytest.raises(SlackUnavailable, match=r"users\.info"):
        office.people.person(office.ids["ada"])

    assert office.people.person(office.ids["ada"]).name == "Ada"


@pytest.mark.parametrize("silence", SILENCES)
def test_home_unknown(office: Office, silence: Callable[[str], Fault]) -> None:
    """When Slack does not tell which workspace this is, nobody is taken for one of its own."""
    office.slack.trouble.add(silence("auth.test"))

    with pytest.raises(SlackUnavailable, match=r"auth\.test"):
        office.people.person(office.ids["ada"])


def test_remembered(office: Office) -> None:
    """A person is asked for once in five minutes, and again after them; a decision asks every time."""
    ada = office.ids["ada"]
    for _ in range(3):
        office.people.person(ada)
    office.slack.change_person(ada, deactivated=True)
    office.seconds = REMEMBERED_SECONDS - 1
    remembered = office.people.person(ada)
    decision = office.people.fresh(ada)
    after = office.people.person(ada)
    office.seconds = 3 * REMEMBERED_SECONDS
    office.people.person(ada)

    assert not remembered.is_deactivated
    assert decision.is_deactivated
    assert after.is_deactivated
    assert office.asked("users.info") == 3


def test_several(office: Office) -> None:
    """Of several people each is known or None; one whom Slack does not tell of spoils nothing for the others."""
    office.slack.trouble.add(faults.refused("users.info", "fatal_error"))
    first = office.people.several([office.ids["ada"]], 5)
    both = office.people.several([office.ids["ada"], office.ids["grace"], office.ids["ada"]], 5)

    assert first == {office.ids["ada"]: None}
    assert {key: person and person.name for key, person in both.items()} == {
        office.ids["ada"]: "Ada",
        office.ids["grace"]: "Grace",
    }


def test_several_in_time(office: Office) -> None:
    """Who is not known in time is None."""
    answered = threading.Event()
    office.slack.trouble.add(faults.held("users.info", answered))
    found = office.people.several([office.ids["ada"]], 0.05)
    answered.set()

    assert found == {office.ids["ada"]: None}


def test_approvers(office: Office) -> None:
    """Approvers are those named by id and those in a named group, and nobody else."""
    for ask in (office.people.is_approver, office.people.is_approver_now):
        assert [name for name, key in office.ids.items() if ask(key)] == ["grace", "katherine"]


@pytest.mark.parametrize("silence", SILENCES)
def test_group_unknown(office: Office, silence: Callable[[str], Fault]) -> None:
    """When Slack does not tell who is in the group, nobody is an approver by it; one named by id still is."""
    office.slack.trouble.add(silence("usergroups.users.list"))
    with pytest.raises(SlackUnavailable, match=r"usergroups\.users\.list"):
        office.people.is_approver_now(office.ids["grace"])

    assert office.people.is_approver_now(office.ids["katherine"])


def test_disabled_group(office: Office) -> None:
    """A group that was disabled makes nobody an approver."""
    office.slack.set_group(office.group, enabled=False)

    with pytest.raises(SlackUnavailable):
        office.people.is_approver_now(office.ids["grace"])


def test_left_the_group(office: Office) -> None:
    """Who left the group decides nothing more from that moment; what is only shown may lag a minute behind."""
    grace = office.ids["grace"]
    assert office.people.is_approver(grace)
    office.slack.set_group(office.group, members=[])
    lagging = office.people.is_approver(grace)
    now = office.people.is_approver_now(grace)

    assert (lagging, now) == (True, False)
    assert not office.people.is_approver(grace)


def test_group_is_asked_for_again(office: Office) -> None:
    """What is known of a group is good for a minute."""
    grace = office.ids["grace"]
    office.people.is_approver(grace)
    office.slack.set_group(office.group, members=[])
    office.seconds = GROUP_SECONDS

    assert not office.people.is_approver(grace)


@pytest.mark.parametrize(("age", "known"), [(GROUP_GRACE_SECONDS - 1, True), (GROUP_GRACE_SECONDS, False)])
def test_grace(office: Office, age: float, known: bool) -> None:  # noqa: FBT001 - cases of the table
    """To show something, an old word about a group is believed for a quarter of an hour of silence, no longer."""
    grace = office.ids["grace"]
    office.people.is_approver(grace)
    office.seconds = age
    office.slack.trouble.add(faults.down("usergroups.users.list"))
    if known:
        assert office.people.is_approver(grace)
        return
    with pytest.raises(SlackUnavailable):
        office.people.is_approver(grace)


def test_no_grace_for_decisions(office: Office) -> None:
    """A decision never rests on an old word about a group."""
    office.people.is_approver(office.ids["grace"])
    office.slack.trouble.add(faults.down("usergroups.users.list"))

    with pytest.raises(SlackUnavailable):
        office.people.is_approver_now(office.ids["grace"])
