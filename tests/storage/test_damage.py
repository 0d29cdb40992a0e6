"""Damage to the file: found before anything is begun, and not forgotten once it was met."""

from pathlib import Path

import pytest
import requests

from bot.errors import StorageUnavailable
from storage import SQLITE, open_store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.journeys.database_trouble import file_of
from tests.journeys.world import World

PAGE = 4096


def written_over(content: bytes, page: int) -> bytes:
    """A file in which one page, counted from 1, holds rubbish."""
    return content[: PAGE * (page - 1)] + b"\xa5" * PAGE + content[PAGE * page :]


def test_any_page(tmp_path: Path) -> None:
    """Whichever page of the file a disk wrote rubbish over, nothing starts on it."""
    path = tmp_path / "x.sqlite3"
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    store.requests.add(nouns.request())
    store.close()
    whole = path.read_bytes()
    pages = range(1, len(whole) // PAGE + 1)
    for page in pages:
        path.write_bytes(written_over(whole, page))
        store = open_store(f"{SQLITE}{path}")
        with pytest.raises(StorageUnavailable, match="put a backup in its place"):
            store.migrate(NOW)
        store.close()

    assert len(pages) > 40


def test_met_while_running(tmp_path: Path) -> None:
    """Damage that appears while the bot runs makes it not ready from the moment at which anybody met it."""
    world = World(folder=tmp_path)
    world.ask()
    database = file_of(world)
    root = database.one("SELECT rootpage FROM sqlite_master WHERE name = 'app_requests'")
    database.all("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    world.database.write_bytes(written_over(world.database.read_bytes(), int((root or {})["rootpage"])))
    before = requests.get(f"{world.server.url}/readyz", timeout=10).status_code
    said = world.around.person("ada").command("/register-app", "list").texts
    after = requests.get(f"{world.server.url}/readyz", timeout=10)
    world.stop()

    assert "I cannot reach my database just now" in said[0]
    assert (before, after.status_code) == (200, 503)
    assert "database" in after.json()["reasons"]


def test_a_healthy_database(tmp_path: Path) -> None:
    """A whole database has no damage to tell of, and one that is merely away neither."""
    store = open_store(f"{SQLITE}{tmp_path / 'no' / 'folder' / 'x.sqlite3'}")
    with pytest.raises(StorageUnavailable):
        store.migrate(NOW)
    store.close()

    assert store.database.damage == ""
