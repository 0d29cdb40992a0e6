"""How long a press of "Show the secret" takes, beside the time that the emulated Graph itself needs for addPassword."""

import time
from pathlib import Path

import requests

from bot.app import build
from bot.settings import load_settings
from tests.benchmarks.figures import Report, Size, middle, milliseconds, times
from tests.journeys.instances import Instances
from tests.journeys.many_links import armed_links, settings_for
from tests.sandbox.entra import faults

NAME = "press"
# What addPassword is slowed to besides, so that the share of the bot shows against an Entra that is not next door.
DISTANT_SECONDS = 0.15
WARM = 3


def measure(size: Size, folder: Path) -> Report:
    """Press one link after the other, each of an application of its own, on an Entra next door and a distant one."""
    instances = Instances(folder=folder)
    try:
        tokens = _armed(instances, WARM + 2 * size.presses)
        instances.start_web(TRUSTED_PROXIES="1")
        with requests.Session() as browser:
            _presses(instances, browser, tokens[:WARM], 0.0)
            near = _presses(instances, browser, tokens[WARM : WARM + size.presses], 0.0)
            far = _presses(instances, browser, tokens[WARM + size.presses :], DISTANT_SECONDS)
        return _report([near, far])
    finally:
        instances.stop()


def _armed(instances: Instances, count: int) -> list[str]:
    """Make so many applications with an armed link each; return the tokens."""
    bot = build(load_settings(settings_for(instances.around, instances.folder)))
    tokens = [token for _, token in armed_links(bot, count)]
    bot.close()
    return tokens


def _presses(
    instances: Instances, browser: requests.Session, tokens: list[str], seconds: float
) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each press, and of its addPassword."""
    pressed, minted = [], []
    for token in tokens:
        if seconds:
            instances.around.entra.trouble.add(faults.slow(faults.ADD_PASSWORD, seconds))
        pressed.append(_press(instances, browser, token))
        calls = [e for e in instances.around.entra.journal.exchanges if e.call.endswith("/addPassword")]
        minted.append(calls[-1].milliseconds)
    return pressed, minted


def _press(instances: Instances, browser: requests.Session, token: str) -> float:
    # The page lets one address press so many times a minute, so each press comes from its own.
    number = len(instances.around.entra.journal.exchanges)
    headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
    began = time.perf_counter()
    answer = browser.post(f"{instances.url}/secret/reveal", json={"token": token}, headers=headers, timeout=30)
    taken = (time.perf_counter() - began) * 1000
    assert "secret" in answer.json(), answer.text
    return taken


def _report(runs: list[tuple[list[float], list[float]]]) -> Report:
    names = ("an Entra next door", f"an Entra that takes {DISTANT_SECONDS * 1000:.0f} ms more")
    return Report(
        title=f"From the press on the page to the secret, {len(runs[0][0])} presses each",
        columns=("with", "press", "slowest", "addPassword", "the bot's own", "press to addPassword"),
        rows=[
            (
                name,
                milliseconds(middle(pressed)),
                milliseconds(max(pressed)),
                milliseconds(middle(minted)),
                milliseconds(middle([whole - part for whole, part in zip(pressed, minted, strict=True)])),
                times(middle(pressed), middle(minted)),
            )
            for name, (pressed, minted) in zip(names, runs, strict=True)
        ],
        note="But for the slowest, the numbers are medians.",
    )
