"""Hosts whose disk does not last: each is known by its variable, and SQLite is refused there with what to do."""

import pytest

from bot.settings import _PASSING_HOSTS
from tests.domain.test_settings import bare_environment, faults

__all__ = ["bare_environment"]

HOSTS = [
    ("DYNO", "Heroku"),
    ("K_SERVICE", "Cloud Run"),
    ("CLOUD_RUN_JOB", "Cloud Run"),
    ("CLOUD_RUN_WORKER_POOL", "Cloud Run"),
    ("WEBSITE_INSTANCE_ID", "Azure App Service (but for /home, a network share)"),
    ("CONTAINER_APP_NAME", "Azure Container Apps"),
    ("CONTAINER_APP_JOB_NAME", "Azure Container Apps"),
    ("RENDER", "Render"),
    ("RAILWAY_ENVIRONMENT_NAME", "Railway"),
    ("RAILWAY_ENVIRONMENT", "Railway"),
    ("FLY_APP_NAME", "Fly.io"),
    ("VCAP_APPLICATION", "Cloud Foundry"),
]


@pytest.fixture(autouse=True)
def on_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever these tests run, they are on none of these hosts."""
    for variable, _ in HOSTS:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(("variable", "host"), HOSTS)
def test_a_disk_that_does_not_last(monkeypatch: pytest.MonkeyPatch, variable: str, host: str) -> None:
    """Each host is known by the variable that it documents; SQLite is refused there, but not if somebody insists."""
    monkeypatch.setenv(variable, "x")
    found = faults()

    assert len(found) == 1
    assert f"the disk of {host} does not last" in found[0]
    assert faults(database_url="postgresql://db.example/bot") == ()
    assert faults(allow_ephemeral_disk="true") == ()


def test_every_host_is_tried() -> None:
    """The hosts above are all that there are."""
    assert {variable.lower() for variable, _ in HOSTS} == set(_PASSING_HOSTS)


def test_elsewhere() -> None:
    """On a machine that is none of these SQLite is welcome."""
    assert faults() == ()


def test_a_network_share_is_no_way_out() -> None:
    """Whoever would keep SQLite on a share that lasts is told that it is not safe there."""
    (found,) = faults(website_instance_id="x")

    assert found.endswith("if the file is on a volume that lasts. On a network share SQLite is not safe.")
