"""`check` says 0 when all is well, and of each single thing that is broken what it is and how to mend it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from storage import SQLITE
from tests.cli.terminal import Said, Terminal
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.trouble import Fault

Break = Callable[[Surroundings], Mapping[str, str]]
"""Break one thing in the surroundings; the answer is what changes in the environment with it."""


def faults(said: Said) -> list[str]:
    """The lines that name a fault, without their mark."""
    return [line.removeprefix("FAULT").strip() for line in said.lines if line.startswith("FAULT")]


def test_all_good(terminal: Terminal) -> None:
    """With everything as it should be, each thing is named with what was found, and the exit code is 0."""
    said = terminal.run("check")
    looked_at = [line.split("  ")[-1].strip().partition(":")[0] for line in said.lines if ":" in line]

    assert (said.code, said.err, faults(said)) == (0, "", [])
    assert looked_at == [
        "Slack token",
        "Slack scopes",
        "Approvers' channel",
        "Approvers",
        "Entra token",
        "Entra credential",
        "App roles",
        "Catalogue",
        "Public URL",
        "Database",
        "Clock",
    ]
    assert said.lines[-1] == "11 looked at, 0 to mend before it can work."


def test_changes_nothing_outside(terminal: Terminal, around: Surroundings) -> None:
    """Looking changes nothing in Slack and nothing in Entra."""
    before = (around.slack.snapshot(), around.entra.snapshot())
    terminal.run("check")
    writes = [call for call in around.entra.journal.calls("/v1.0/") if not call.startswith("GET ")]

    assert (around.slack.snapshot(), around.entra.snapshot()) == before
    assert writes == []


def no_change(act: Callable[[Surroundings], object]) -> Break:
    """Break something in the surroundings; the environment stays."""

    def broken(around: Surroundings) -> Mapping[str, str]:
        act(around)
        return {}

    return broken


def channel(**kind: bool) -> Break:
    """Another approvers' channel."""

    def broken(around: Surroundings) -> Mapping[str, str]:
        members = [around.ids["grace"]]
        return {"APPROVERS_CHANNEL": around.slack.add_channel("elsewhere", members=members, **kind)}

    return broken


def approver(**kind: bool) -> Break:
    """One approver, named by id, who is not as an approver should be."""

    def broken(around: Surroundings) -> Mapping[str, str]:
        return {"APPROVERS": around.slack.add_person("Oscar", "oscar@contoso.example", **kind)}  # type: ignore[arg-type]  # flags only

    return broken


def without_scope(scope: str) -> Break:
    """A Slack app that was not given one scope."""
    return no_change(lambda around: around.slack.scopes.discard(scope))


def roles(*held: str) -> Break:
    """An Entra app with these app roles."""

    def broken(around: Surroundings) -> Mapping[str, str]:
        around.entra.grant_roles = set(held)
        return {}

    return broken


def clock(seconds: int) -> Break:
    """A machine whose clock is so far from Microsoft's."""

    def broken(around: Surroundings) -> Mapping[str, str]:
        theirs = datetime.now(UTC) + timedelta(seconds=seconds)
        headers = {"Date": format_datetime(theirs, usegmt=True)}
        around.entra.trouble.add(Fault(match="HEAD /", status=200, headers=headers))
        return {}

    return broken


OWNED, READ_PEOPLE = "Application.ReadWrite.OwnedBy", "User.ReadBasic.All"
BROKEN: dict[str, tuple[Break, list[str]]] = {
    "Slack token wrong": (
        lambda _: {"SLACK_BOT_TOKEN": "xoxb-wrong"},
        ["Slack token: Slack says invalid_auth: put the bot token into SLACK_BOT_TOKEN."],
    ),
    "Slack token revoked": (
        no_change(lambda around: setattr(around.slack, "token_error", "token_revoked")),
        ["Slack token: Slack says token_revoked: put the bot token into SLACK_BOT_TOKEN."],
    ),
    "Slack elsewhere": (
        lambda _: {"SLACK_API_URL": "http://127.0.0.1:9/api"},
        ["Slack token: http://127.0.0.1:9/api does not answer"],
    ),
    **{
        f"scope {scope}": (without_scope(scope), [f"Slack scopes: Missing: {scope}. Add them and reinstall"])
        for scope in ("chat:write", "users:read.email")
    },
    "scope to look at the channel": (
        without_scope("groups:read"),
        ["Slack scopes: Missing: groups:read.", "not known without the scope groups:read"],
    ),
    "scope to look at groups": (
        without_scope("usergroups:read"),
        ["Slack scopes: Missing: usergroups:read.", "not known without the scope usergroups:read"],
    ),
    "channel public": (channel(private=False), ["is public: anybody can read the requests; use a private channel."]),
    "bot not in channel": (channel(bot_in=False), ["channel_not_found. Invite the bot: /invite @register-app"]),
    "channel shared": (channel(ext_shared=True), ["is shared with another organisation: use one of your own."]),
    "channel archived": (
        no_change(lambda around: around.slack.change_channel(around.channel, archived=True)),
        ["is archived: choose another or unarchive it."],
    ),
    "channel unknown": (lambda _: {"APPROVERS_CHANNEL": "C0NOSUCH000"}, ["C0NOSUCH000: channel_not_found."]),
    "approver unknown": (
        lambda _: {"APPROVERS": "U0NOBODY000"},
        ["Approvers: U0NOBODY000: user_not_found. Correct APPROVERS."],
    ),
    "approver deactivated": (approver(deactivated=True), ["is deactivated or a guest and cannot approve."]),
    "approver a guest": (approver(guest=True), ["is deactivated or a guest and cannot approve."]),
    "group unknown": (lambda _: {"APPROVERS": "S0NOGROUP00"}, ["User group S0NOGROUP00: no_such_subteam."]),
    "group empty": (
        no_change(lambda around: around.slack.set_group(around.group, members=[])),
        ["is empty: nobody in it can approve."],
    ),
    "Entra credential wrong": (
        lambda _: {"ENTRA_CLIENT_SECRET": "wrong"},
        ["Entra token: AADSTS7000215: Invalid client secret provided.", "Correct the bot's own credential"],
    ),
    "client id wrong": (
        lambda _: {"ENTRA_CLIENT_ID": "11111111-2222-3333-4444-555555555555"},
        ["Entra token: AADSTS700016", "Correct the bot's own credential, ENTRA_CLIENT_ID or ENTRA_TENANT_ID."],
    ),
    "app role missing": (roles(READ_PEOPLE), [f"App roles: {OWNED} is missing: to make applications", "Grant it."]),
    "app role too many": (
        roles(OWNED, READ_PEOPLE, "Application.ReadWrite.All"),
        ["App roles: Application.ReadWrite.All is more than needed; Application.ReadWrite.OwnedBy is enough."],
    ),
    "app role for other things": (
        roles(OWNED, READ_PEOPLE, "RoleManagement.ReadWrite.Directory"),
        ["App roles: RoleManagement.ReadWrite.Directory is more than needed.", "Remove it."],
    ),
    "clock fast": (clock(-120), ["Clock: This machine is", "seconds off. Turn on time synchronisation."]),
    "clock slow": (clock(600), ["Clock: This machine is", "seconds off. Turn on time synchronisation."]),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken(terminal: Terminal, around: Surroundings, name: str) -> None:
    """One thing is broken: the exit code is 1, and the lines say what it is and how to mend it."""
    breaking, expected = BROKEN[name]
    said = terminal.run("check", **breaking(around))
    found = "\n".join(faults(said))

    assert said.code == 1
    assert "Traceback" not in said.err
    assert [words for words in expected if words not in found] == []
    assert said.lines[-1].endswith(f" {len(faults(said))} to mend before it can work.")


def test_no_wrong_advice(terminal: Terminal) -> None:
    """What cannot be known without a token is said to be so; nobody is sent to correct what may be right."""
    slack = terminal.run("check", SLACK_BOT_TOKEN="xoxb-wrong")
    entra = terminal.run("check", ENTRA_CLIENT_SECRET="wrong")

    assert not any(advice in slack.out for advice in ("/invite", "Correct APPROVERS", "Clock: This"))
    assert slack.out.count("Not known without a token.") == 2
    assert "Grant" not in entra.out
    assert entra.out.count("Not known without a token.") == 2


def test_more_to_read(terminal: Terminal, around: Surroundings) -> None:
    """A role that only lets the bot read more than it needs is pointed out, and it works all the same."""
    around.entra.grant_roles = {OWNED, READ_PEOPLE, "Directory.Read.All"}
    said = terminal.run("check")

    assert said.code == 0
    assert "warning  App roles: Directory.Read.All is more than needed. Remove it." in said.lines


@pytest.mark.parametrize("place", ["no/such/folder/x.sqlite3", "."])
def test_no_database(terminal: Terminal, place: str) -> None:
    """A database that cannot be written is named with what to do, before all that needs it."""
    said = terminal.run("check", DATABASE_URL=f"{SQLITE}{terminal.folder / place}")

    assert (said.code, said.err) == (1, "")
    assert len(faults(said)) == 1
    assert f"Database: It cannot be opened. {terminal.folder / place}: " in faults(said)[0]
    assert "Look whether the folder exists and the bot's user may write to it, or correct" in faults(said)[0]


def test_not_https(terminal: Terminal) -> None:
    """A public address without https is a setting that does not hold: 2, and what it must look like."""
    said = terminal.run("check", PUBLIC_URL="http://apps.contoso.example")

    assert said.code == 2
    assert "PUBLIC_URL must be an https address such as https://apps.example.com" in said.err


def test_this_machine_only(terminal: Terminal) -> None:
    """An address on this machine is allowed for trying things out, with a warning."""
    said = terminal.run("check", PUBLIC_URL="http://127.0.0.1:8000")

    assert said.code == 0
    assert "links work on this machine only" in said.out


def test_lasting_volume(terminal: Terminal) -> None:
    """An operator who knows that the disk lasts can say so."""
    assert terminal.run("check", DYNO="web.1", ALLOW_EPHEMERAL_DISK="true").code == 0
