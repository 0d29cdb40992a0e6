"""What holds for every test: neither a slow machine nor chance fails a change; browser tests share one browser."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.web.chromium import chromium, find_chromium

# CI judges a change by the same examples each time; whoever works on one is given new ones.
settings.register_profile("steady", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run: two drivers of playwright in one process break each other.

    Without a Chromium the tests fail where CI is set, and are skipped with the reason elsewhere.
    """
    try:
        find_chromium()
    except FileNotFoundError as none_found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(none_found))
    with chromium() as started:
        yield started
