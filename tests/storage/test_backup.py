"""A backup: of one moment, whole or not there, never in the place of another file, and safe to be put back."""

import errno
import os
import resource
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.errors import NotCopied, RegisterAppError, StorageUnavailable
from bot.events import AuditEvent
from bot.lifecycle import CredentialState, LinkStage
from storage import SQLITE, Store, open_store
from storage.backup import PUT_RIGHT, back_up
from tests.domain import nouns
from tests.domain.nouns import NOW


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Store]:
    """A store of some megabytes, so that a copy takes several steps."""
    store = open_store(f"{SQLITE}{tmp_path / 'bot.sqlite3'}")
    store.migrate(NOW)
    store.requests.add(nouns.request())
    store.database.run("INSERT INTO messages (slot, channel, ts) VALUES ('big', hex(randomblob(5000000)), '')")
    yield store
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the copy goes: a folder of its own."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "copy.sqlite3"


def names(target: Path) -> list[str]:
    """What lies in the folder of the copy."""
    return sorted(path.name for path in target.parent.iterdir())


def at_the_first_step(act: Callable[[], object]) -> Callable[[int], None]:
    """What hears of the pages, and does something when the first of them are copied."""
    acts = [act]

    def hear(_: int) -> None:
        while acts:
            acts.pop()()

    return hear


def ids(path: Path) -> list[str]:
    """The requests in a copy."""
    copy = sqlite3.connect(path)
    found = [row[0] for row in copy.execute("SELECT id FROM app_requests ORDER BY id")]
    copy.close()
    return found


def test_of_one_moment(full: Store, target: Path) -> None:
    """What others commit while pages are copied is not in the copy, and does not make it begin anew."""
    other = open_store(f"{SQLITE}{target.parent.parent / 'bot.sqlite3'}")
    steps = []

    def write(pages: int) -> None:
        steps.append(pages)
        other.requests.add(nouns.request(len(steps) + 1))

    counts = back_up(full, target, write)
    other.close()

    assert len(steps) > 2
    assert sum(steps) > 2000
    assert counts["app_requests"] == 1
    assert ids(target) == ["REQ-00000001"]
    assert len(full.database.all("SELECT id FROM app_requests")) == 1 + len(steps)


def test_one_private_file(full: Store, target: Path) -> None:
    """In the end there is one file, for this user alone."""
    back_up(full, target)

    assert names(target) == ["copy.sqlite3"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_broken_off(full: Store, target: Path, end: type[BaseException]) -> None:
    """One that is broken off leaves nothing behind."""

    def stop(_: int) -> None:
        raise end

    with pytest.raises(end):
        back_up(full, target, stop)

    assert names(target) == []


def test_after_one_that_was_killed(full: Store, target: Path) -> None:
    """What a killed backup left is replaced by the next."""
    for end in ("", "-journal"):
        (target.parent / f"copy.sqlite3.part{end}").write_text("half")
    back_up(full, target)

    assert names(target) == ["copy.sqlite3"]
    assert ids(target) == ["REQ-00000001"]


def test_somebody_else_was_faster(full: Store, target: Path) -> None:
    """A file that comes to be there meanwhile stays as it is."""
    with pytest.raises(NotCopied, match="is there already; name a file that is not"):
        back_up(full, target, at_the_first_step(lambda: target.write_text("mine")))

    assert names(target) == ["copy.sqlite3"]
    assert target.read_text() == "mine"


def test_two_at_once(full: Store, target: Path) -> None:
    """Of two backups to the same place the one that began first gives way to the other."""
    other = open_store(f"{SQLITE}{target.parent.parent / 'bot.sqlite3'}")

    def another() -> None:
        back_up(other, target)
        target.rename(target.with_name("theirs"))

    with pytest.raises(NotCopied, match=r"Another backup has begun to write .*\.part: wait for it"):
        back_up(full, target, at_the_first_step(another))
    other.close()

    assert names(target) == ["theirs"]
    assert ids(target.with_name("theirs")) == ["REQ-00000001"]


def test_a_link_that_leads_nowhere(full: Store, target: Path) -> None:
    """A symbolic link in the place of the copy is not followed, wherever it leads."""
    target.symlink_to(target.parent / "elsewhere")
    with pytest.raises(NotCopied, match="is there already"):
        back_up(full, target)

    assert names(target) == ["copy.sqlite3"]


def test_a_file_system_without_links(full: Store, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files cannot be linked, the copy gets its name all the same, and still overwrites nothing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    back_up(full, target)
    with pytest.raises(NotCopied, match="is there already"):
        back_up(full, target)

    assert names(target) == ["copy.sqlite3"]
    assert ids(target) == ["REQ-00000001"]


def test_a_full_disk(full: Store, target: Path) -> None:
    """When the copy finds no room (Linux, "getrlimit", RLIMIT_FSIZE), it is the copy that is named, with what to do."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(NotCopied) as told:
            back_up(full, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert str(told.value).startswith(f"{target} cannot be written: ")
    assert str(told.value).endswith("Free some space there, or name a file on another disk.")
    assert names(target) == []


@pytest.mark.parametrize("first", range(1, 12, 5))
def test_a_damaged_source(tmp_path: Path, target: Path, first: int) -> None:
    """Of a damaged database there is no copy: it is named with what to do, whatever of it is damaged."""
    path = tmp_path / "damaged.sqlite3"
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * first : 4096 * (first + 5)] = b"\xa5" * 4096 * 5
    path.write_bytes(content)
    store = open_store(f"{SQLITE}{path}", read_only=True)
    with pytest.raises(RegisterAppError, match="damaged"):
        back_up(store, target)
    store.close()

    assert names(target) == []


def test_nothing_of_ours(tmp_path: Path, target: Path) -> None:
    """A database in which the bot never kept anything is not copied."""
    other = sqlite3.connect(tmp_path / "other.sqlite3")
    other.execute("CREATE TABLE songs (title TEXT)")
    other.close()
    store = open_store(f"{SQLITE}{tmp_path / 'other.sqlite3'}")
    with pytest.raises(StorageUnavailable, match="Nothing of Register App is kept in"):
        back_up(store, target)
    store.close()

    assert names(target) == []


def pressed(store: Store) -> None:
    """Links of every stage, each pressed before and with searches left, and secrets that are to be removed."""
    for number, stage in enumerate(LinkStage, start=1):
        store.requests.add(nouns.request(number))
        store.applications.add(nouns.application(number))
        store.links.add(nouns.link(number, stage=stage))
        store.credentials.add(nouns.credential(number))
    store.database.run(
        "UPDATE links SET attempts = 1, lease = 'lease', lease_until = :at, armed_until = :at, sweep_at = :at,"
        " sweeps_left = 3",
        at="2026-11-23T09:02:00.000000Z",
    )
    store.database.run("UPDATE credentials SET warned_at = :at", at="2026-11-23T09:02:00.000000Z")
    store.database.run(
        "UPDATE credentials SET state = :state WHERE key_id = 'key-1'", state=CredentialState.RETIRING.value
    )


def test_put_right(store: Store) -> None:
    """No link can be pressed or searched for that could be; removals are announced, and requests looked at, anew."""
    pressed(store)
    store.database.run("UPDATE app_requests SET assessed = 1")
    store.database.run("UPDATE app_requests SET state = 'fulfilled' WHERE id <> 'REQ-00000002'")
    before = {row["id"]: dict(row) for row in store.database.all("SELECT * FROM links")}
    for statement in PUT_RIGHT:
        store.database.run(statement)
    links = {row["id"]: dict(row) for row in store.database.all("SELECT * FROM links")}
    warned = store.database.all("SELECT key_id FROM credentials WHERE warned_at IS NOT NULL ORDER BY key_id")
    changed = {name: row for name, row in links.items() if row != before[name]}

    assert sorted(before[name]["stage"] for name in changed) == ["minting", "open"]
    for name, row in changed.items():
        nothing = dict.fromkeys(("lease", "lease_until", "armed_until", "sweep_at"))
        assert row == before[name] | {"stage": "expired", "attempts": 0, "sweeps_left": 0, **nothing}
    assert [row["key_id"] for row in warned] == ["key-2", "key-3", "key-4", "key-5"]
    assert store.database.all("SELECT id FROM app_requests WHERE assessed = 0") == [{"id": "REQ-00000002"}]


def test_the_copy_is_put_right(full: Store, target: Path) -> None:
    """A copy has been put right, and the database itself is as it was."""
    full.applications.add(nouns.application())
    full.links.add(nouns.link(stage=LinkStage.MINTING))
    full.audit.add("row-1", AuditEvent.LINK_CLAIM, "browser", now=NOW, application_id="app-1", link_id="link-1")
    back_up(full, target)
    copy = open_store(f"{SQLITE}{target}")
    stages = [store.links.get("link-1").stage for store in (full, copy)]  # type: ignore[union-attr]  # both have it
    proofs = [store.audit.verify() for store in (full, copy)]
    copy.close()

    assert stages == [LinkStage.MINTING, LinkStage.EXPIRED]
    assert proofs[0] == proofs[1]
