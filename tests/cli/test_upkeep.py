"""`backup` and `retention`: a whole copy while the bot runs, and what is old said before it goes."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from bot.retention import REQUESTS
from storage import Store, open_store
from tests.cli.terminal import Terminal
from tests.domain import nouns
from tests.engines import fresh_postgres


def opened(terminal: Terminal) -> Store:
    """The store of a terminal, with its schema."""
    store = open_store(terminal.environment["DATABASE_URL"])
    store.migrate()
    return store


def test_backup_while_somebody_writes(terminal: Terminal) -> None:
    """The copy has everything that was committed and nothing that was not, is whole, and is one private file."""
    store = opened(terminal)
    store.requests.add(nouns.request())
    with store.transaction():
        store.requests.add(nouns.request(2))
        said = terminal.run("backup", "copy.sqlite3")
    store.close()
    path = terminal.folder / "copy.sqlite3"
    with sqlite3.connect(path) as copy:
        ids = [row[0] for row in copy.execute("SELECT id FROM app_requests")]
    copy.close()

    assert (said.code, said.err) == (0, "")
    assert "        1  app_requests" in said.lines
    assert said.lines[-1].startswith("copy.sqlite3 is whole and has ")
    assert ids == ["REQ-00000001"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_can_be_put_back(terminal: Terminal) -> None:
    """A bot that is given the copy as its database goes on from there."""
    store = opened(terminal)
    store.requests.add(nouns.request())
    store.close()
    terminal.run("backup", "copy.sqlite3")
    said = terminal.run("migrate", DATABASE_URL="sqlite:///copy.sqlite3")
    restored = open_store(f"sqlite:///{terminal.folder / 'copy.sqlite3'}")
    request = restored.requests.get("REQ-00000001")
    restored.close()

    assert said.out == "The schema is up to date.\n"
    assert request == nouns.request()


def test_nothing_is_overwritten(terminal: Terminal) -> None:
    """A file that is there already is left as it is."""
    opened(terminal).close()
    (terminal.folder / "copy.sqlite3").write_text("mine")
    said = terminal.run("backup", "copy.sqlite3")

    assert (said.code, said.err) == (3, "copy.sqlite3 is there already; name a file that is not.\n")
    assert (terminal.folder / "copy.sqlite3").read_text() == "mine"


def test_no_such_folder(terminal: Terminal) -> None:
    """A place that cannot be written to is named with the reason."""
    opened(terminal).close()
    said = terminal.run("backup", "no/such/copy.sqlite3")

    assert (said.code, said.err) == (3, "no/such/copy.sqlite3 cannot be written: No such file or directory.\n")


def test_backup_of_postgres(terminal: Terminal, tmp_path: Path) -> None:
    """For PostgreSQL the command names the tool to use instead, and writes nothing."""
    with fresh_postgres(tmp_path) as address:
        said = terminal.run("backup", "copy.sqlite3", DATABASE_URL=address)

    assert said.code == 3
    assert "pg_dump" in said.err
    assert not (terminal.folder / "copy.sqlite3").exists()


# What the fixture below has of ten years ago: more requests than go in one piece.
OLD_REQUESTS, OLD_MESSAGES = REQUESTS + 2, 3
SENTENCE = f"{OLD_REQUESTS} requests, {OLD_MESSAGES} delivered messages and 1 audit rows {{}} removed.\n"


@pytest.fixture
def aged(terminal: Terminal) -> Terminal:
    """A terminal whose database has requests, messages and an audit row of ten years ago, and one of each of today."""
    store = opened(terminal)
    now = datetime.now(UTC)
    ago = now - timedelta(days=3650)
    for name, at in (("old", ago), ("new", now)):
        store.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=at)
    for number in range(OLD_REQUESTS + 1):
        at = ago if number else now
        store.requests.add(nouns.request(number, submitted_at=at))
        store.requests.move(f"REQ-{number:08}", RequestEvent.DENY, now=at)
    for number in range(OLD_MESSAGES + 1):
        at = ago if number else now
        # About a request that goes too: what was delivered lately goes with it, uncounted.
        store.outbox.put(f"m{number}", "thread", "REQ-00000001", "C1", now=at)
        entry = store.outbox.claim("lease", now=at, until=at + timedelta(minutes=1))
        assert entry is not None
        store.outbox.sent(entry, now=at)
    store.close()
    return terminal


def rows(terminal: Terminal) -> list[str]:
    """The events of the audit."""
    store = opened(terminal)
    events = [row["event"] for row in store.audit.rows()]
    store.close()
    return events


def test_dry_run(aged: Terminal) -> None:
    """A dry run says what would go, and nothing goes."""
    said = aged.run("retention", "--dry-run")

    assert (said.code, said.err) == (0, "")
    assert said.out == SENTENCE.format("would be")
    assert rows(aged) == ["link:arm", "link:arm"]
    assert aged.run("retention", "--dry-run").out == said.out


def test_retention(aged: Terminal) -> None:
    """Without it just that goes, the audit tells of it and still verifies; a second time there is nothing to do."""
    said, again = aged.run("retention"), aged.run("retention")

    assert (said.out, said.err) == (SENTENCE.format("were"), "")
    assert again.out == "0 requests, 0 delivered messages and 0 audit rows were removed.\n"
    assert rows(aged) == ["link:arm", "retention:remove", "retention:remove", "retention:remove", "audit:cut"]
    assert aged.run("audit", "verify").code == 0
