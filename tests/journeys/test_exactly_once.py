"""Of any number of parallel presses exactly one wins, and exactly one credential stands in Entra.

300 links are each pressed by 16 and by 64 at once: by threads of one process, and over HTTP across processes.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, local

import pytest
import requests

from bot.app import Bot, build
from bot.lifecycle import LinkStage
from bot.model import Revealed, Viewer
from bot.settings import load_settings
from storage.links import Links
from tests.journeys.many_links import armed_links, processes, settings_for
from tests.sandbox.surroundings import Surroundings

LINKS = 300
SERVERS = 2
VIEWER = Viewer(address_family="IPv4", browser="Firefox on Linux")
Press = Callable[[str, int], bool]


@pytest.fixture
def around() -> Iterator[Surroundings]:
    """A local Slack and a local Entra."""
    made = Surroundings(clock=lambda: datetime.now(UTC))
    yield made
    made.stop()


@pytest.fixture
def bot(around: Surroundings, tmp_path: Path) -> Iterator[Bot]:
    """A bot that is not started: nothing but the presses happens."""
    made = build(load_settings(settings_for(around, tmp_path)), proof_pause_seconds=0)
    yield made
    made.close()


def winners(links: list[tuple[str, str]], presses: int, press: Press) -> list[int]:
    """Press each link by so many at once; return how many were shown a secret, link by link."""
    together = Barrier(presses)

    def pressed(token: str, number: int) -> bool:
        together.wait()
        return press(token, number)

    with ThreadPoolExecutor(presses) as crowd:
        return [sum(crowd.map(pressed, itertools.repeat(token, presses), range(presses))) for _, token in links]


@pytest.mark.parametrize("presses", [16, 64])
def test_threads(bot: Bot, around: Surroundings, presses: int) -> None:
    """Of many threads that press one link at once, one is shown a secret, and Entra holds that one."""
    links = armed_links(bot, LINKS)

    shown = winners(links, presses, lambda token, _: isinstance(bot.desk.reveal(token, VIEWER), Revealed))

    assert shown == [1] * LINKS
    assert [len(around.entra.secrets(object_id)) for object_id, _ in links] == [1] * LINKS


@pytest.mark.parametrize("presses", [16, 64])
def test_processes(bot: Bot, around: Surroundings, tmp_path: Path, presses: int) -> None:
    """Of many presses over HTTP at several processes, one is shown a secret, and Entra holds that one."""
    links = armed_links(bot, LINKS)
    addresses = itertools.count(1)
    kept = local()

    with processes(settings_for(around, tmp_path), SERVERS) as urls:

        def press(token: str, number: int) -> bool:
            if not hasattr(kept, "session"):
                kept.session = requests.Session()
            address = next(addresses)
            answer = kept.session.post(
                f"{urls[number % SERVERS]}/secret/reveal",
                json={"token": token},
                headers={"X-Forwarded-For": f"10.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"},
                timeout=60,
            )
            return answer.status_code == requests.codes.ok and "secret" in answer.json()

        shown = winners(links, presses, press)

    assert shown == [1] * LINKS
    assert [len(around.entra.secrets(object_id)) for object_id, _ in links] == [1] * LINKS


class RacyLinks(Links):
    """A claim that is a read and then a write, as every peer had it once: the read is `status`, this the write."""

    def claim(self, link_id: str, lease: str, *, now: datetime, until: datetime, viewer_id: str | None = None) -> bool:
        """Write what was decided by an earlier look."""
        del now, until, viewer_id
        sql = "UPDATE links SET stage = 'minting', lease = :lease WHERE id = :id"
        return bool(self._db.run(sql, lease=lease, id=link_id))

    def record(self, link_id: str, lease: str, *, key_id: str, viewed_from: str, now: datetime) -> bool:
        """Write the outcome, whoever claimed meanwhile."""
        del lease, viewed_from
        sql = "UPDATE links SET stage = :viewed, viewed_at = :now, key_id = :key_id WHERE id = :id"
        at = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return bool(self._db.run(sql, viewed=LinkStage.VIEWED.value, now=at, key_id=key_id, id=link_id))


def test_the_test_can_fail(bot: Bot, around: Surroundings) -> None:
    """With a claim that is a read and then a write, the same presses show more than one secret."""
    object.__setattr__(bot.store, "links", RacyLinks(bot.store.database))
    links = armed_links(bot, 30)

    shown = winners(links, 16, lambda token, _: isinstance(bot.desk.reveal(token, VIEWER), Revealed))

    assert max(shown) > 1
    assert max(len(around.entra.secrets(object_id)) for object_id, _ in links) > 1
