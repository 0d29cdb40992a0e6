"""`applications`: what is registered, whose it is, and which is left without a client secret next."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.lifecycle import CredentialState
from storage import open_store
from tests.cli.terminal import Terminal
from tests.domain import nouns


@pytest.fixture
def peopled(terminal: Terminal) -> Terminal:
    """A terminal with applications whose last secrets end some days from now, or ended, and one without any."""
    store, now = open_store(terminal.environment["DATABASE_URL"]), datetime.now(UTC)
    store.migrate()
    for number, days in ((1, 57), (2, 2), (3, None), (4, -5), (5, 400), (6, 1)):
        store.requests.add(nouns.request(number))
        store.applications.add(nouns.application(number, display_name=f"App {number}", owners=(nouns.owner(number),)))
        store.links.add(nouns.link(number))
        if days is not None:
            ends_at = now + timedelta(days=days, minutes=1)
            store.credentials.add(nouns.credential(number, ends_at=ends_at))
    store.applications.disown("app-6", now=now)
    store.close()
    return terminal


def words(line: str) -> list[str]:
    """The cells of a line."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_a_table(peopled: Terminal) -> None:
    """Each application has a line, the one whose last secret ends soonest first, with whom to speak to."""
    said = peopled.run("applications")
    rows = [words(line) for line in said.lines]
    ends = {number: datetime.now(UTC) + timedelta(days=days, minutes=1) for number, days in ((4, -5), (2, 2), (5, 400))}

    assert (said.code, said.err) == (0, "")
    assert rows[0] == ["APPLICATION", "CLIENT ID", "LAST SECRET ENDS", "OWNERS"]
    assert [row[0] for row in rows[1:]] == ["App 4", "App 2", "App 1", "App 5", "App 3"]
    assert rows[1] == [
        *("App 4", "11111111-2222-3333-4444-000000000004", f"{ends[4]:%Y-%m-%d} (5 days ago)", "Colleague 4 (UCO0004)")
    ]
    assert rows[2][2] == f"{ends[2]:%Y-%m-%d} (in 2 days)"
    assert rows[5][2] == "none in use"
    assert len({line.index(column) for line, column in zip(said.lines, ["CLIENT", *["1111"] * 5], strict=True)}) == 1


@pytest.mark.parametrize(("days", "names"), [("1", []), ("3", ["App 2"]), ("100", ["App 2", "App 1"])])
def test_ending(peopled: Terminal, days: str, names: list[str]) -> None:
    """Those that are left without a secret within some days, as the alert counts them, and no others."""
    said = peopled.run("applications", "--ending", days)
    expected = names or [f"No application is left without a client secret within {days} days."]

    assert said.code == 0
    assert [words(line)[0] for line in said.lines[bool(names) :]] == expected


def test_a_rotated_one(peopled: Terminal) -> None:
    """A secret that was replaced, or is being removed, is not what counts."""
    store = open_store(peopled.environment["DATABASE_URL"])
    store.credentials.add(
        nouns.credential(9, application_id="app-2", link_id="link-2", ends_at=datetime.now(UTC) + timedelta(days=90))
    )
    ending = peopled.run("applications", "--ending", "3")
    store.database.run(f"UPDATE credentials SET state = '{CredentialState.RETIRING}' WHERE key_id = 'key-9'")  # noqa: S608 - a word of ours
    store.close()
    again = peopled.run("applications", "--ending", "3")

    assert "App 2" not in ending.out
    assert "App 2" in again.out


def test_names_are_only_names(terminal: Terminal) -> None:
    """What people typed is shown, and never an order to the terminal or a line of its own."""
    store = open_store(terminal.environment["DATABASE_URL"])
    store.migrate()
    store.requests.add(nouns.request())
    name, owner = "Dash\x1b[2J\nboard\u202e", nouns.owner(name="Ada \x07Lovelace")
    store.applications.add(nouns.application(display_name=name, owners=(owner,)))
    store.close()
    said = terminal.run("applications")

    assert said.lines[1].startswith("Dash�[2J�board�  ")
    assert said.lines[1].endswith("Ada �Lovelace (UADA)")


def test_none_yet(terminal: Terminal) -> None:
    """Before the first one that is said."""
    terminal.run("migrate")
    said = terminal.run("applications")

    assert (said.code, said.out) == (0, "No application is registered yet.\n")
