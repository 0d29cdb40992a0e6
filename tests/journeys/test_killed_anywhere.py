"""Killed at any moment and started again, the bot ends with one of everything.

The process is ended for real, with SIGKILL, before and after every outgoing call and every commit of the whole story.
"""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from tests.engines import ENGINES
from tests.journeys.mortal import Doom
from tests.journeys.mortal_story import MortalStory
from tests.sandbox.trouble import Fault, Trouble

AT_ONCE = 2
_NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|req-[0-9a-z]{8}")
Moment = Literal["before", "after"]
Call = tuple[str, str, int]
"""The emulator, the pattern of a call, and which of its kind it is."""
MOMENTS: tuple[Moment, ...] = ("before", "after")


def check(story: MortalStory) -> None:
    """Count what the tenant and Slack hold at the end."""
    secret = story.tell()

    assert secret
    assert [len(story.applications()), len(story.service_principals()), len(story.secrets())] == [1, 1, 1]
    assert story.around.entra.snapshot()["deleted"] == []
    assert secret[:3] == story.secrets()[0]["hint"]
    assert len(story.cards()) == 1
    assert story.links() == []


@contextmanager
def story_on(engine: str, folder: Path, doom: Doom | None = None) -> Iterator[MortalStory]:
    """A story on a fresh database of one engine."""
    folder.mkdir(parents=True, exist_ok=True)
    with ENGINES[engine](folder) as url:
        story = MortalStory(folder=folder, url=url, doom=doom)
        try:
            yield story
        finally:
            story.stop()


def rehearse(engine: str, folder: Path) -> tuple[list[Call], int]:
    """Play the story without a death; return its calls and its commits."""
    with story_on(engine, folder) as story:
        check(story)
        calls = [*numbered("slack", story.around.slack.journal.calls())]
        calls += [*numbered("entra", story.around.entra.journal.calls())]
        return calls, story.commits.value


def numbered(emulator: str, calls: list[str]) -> Iterator[Call]:
    """Name each call by its pattern and its number among those of that pattern."""
    seen: Counter[str] = Counter()
    for call in calls:
        pattern = "^" + "[^/']+".join(re.escape(part) for part in _NAMES.split(call)) + "$"
        yield emulator, pattern, seen[pattern]
        seen[pattern] += 1


def die_at_call(folder: Path, emulator: str, pattern: str, number: int, moment: Moment) -> int:
    """Play the story with a death at one call; return how often the bot died."""
    with story_on("sqlite", folder) as story:
        trouble: Trouble = getattr(story.around, emulator).trouble
        trouble.add(Fault(match=pattern, skip=number, when=moment, act=story.kill, reset=True))
        check(story)
        return story.deaths


def die_at_commit(engine: str, folder: Path, doom: Doom) -> int:
    """Play the story with a death at one commit; return how often the bot died."""
    with story_on(engine, folder, doom) as story:
        check(story)
        return story.deaths


@pytest.mark.parametrize("moment", MOMENTS)
def test_death_at_any_call(tmp_path: Path, moment: Moment) -> None:
    """A bot that dies at any outgoing call leaves one application, one service principal, one link, one secret."""
    calls, _ = rehearse("sqlite", tmp_path / "rehearsal")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lives = [pool.submit(die_at_call, tmp_path / str(number), *call, moment) for number, call in enumerate(calls)]
        deaths = [life.result() for life in lives]

    assert len(calls) > 20
    # The order of what happens at once may differ from the rehearsal, so that a few deaths find no occasion.
    assert sum(deaths) > 0.8 * len(calls)


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("moment", MOMENTS)
def test_death_at_any_commit(engine: str, tmp_path: Path, moment: Moment) -> None:
    """A bot that dies at any commit leaves one application, one service principal, one link, one secret."""
    _, commits = rehearse(engine, tmp_path / "rehearsal")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        lives = [
            pool.submit(die_at_commit, engine, tmp_path / str(number), Doom(commit=number, when=moment))
            for number in range(1, commits + 1)
        ]
        deaths = [life.result() for life in lives]

    assert commits > 20
    assert sum(deaths) > 0.8 * commits
