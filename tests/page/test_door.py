"""Only the browser window that came by the printed address may use the page, and it may ask nobody else."""

import pytest
import requests

from tests.page.conftest import Sandbox, Window

pytestmark = pytest.mark.browser
PATHS = ["/", "/static/main.js", "/api/stream"]
ACT = {"as": "nobody", "do": "say"}


def host(sandbox: Sandbox) -> str:
    """The page's host and port."""
    return sandbox.page.url.removeprefix("http://")


@pytest.mark.parametrize("path", PATHS)
def test_no_key(sandbox: Sandbox, path: str) -> None:
    """Without the key nothing is shown, and one is told where the key is."""
    answer = requests.get(sandbox.page.url + path, timeout=5)

    assert (answer.status_code, answer.text) == (
        403,
        "Open the address that the terminal shows: it carries the key to this sandbox.\n",
    )


@pytest.mark.parametrize("key", ["wrong", "", "é"])
def test_wrong_key(sandbox: Sandbox, key: str) -> None:
    """A wrong key opens nothing."""
    assert requests.get(f"{sandbox.page.url}/", params={"key": key}, timeout=5).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_foreign_host(sandbox: Sandbox, path: str) -> None:
    """A name of somebody else's that leads here (DNS rebinding) is refused, key or not."""
    headers = {"Host": f"evil.example:{host(sandbox).rpartition(':')[2]}"}
    answer = requests.get(sandbox.page.url + path, headers=headers, cookies=sandbox.page.cookie, timeout=5)

    assert (answer.status_code, answer.text) == (403, "This address is not the sandbox's.\n")


@pytest.mark.parametrize("path", ["/api/act", "/api/control"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", None])
def test_foreign_origin(sandbox: Sandbox, path: str, origin: str | None) -> None:
    """Another site that a browser has open may not act, even where the browser sends the cookie along."""
    headers = {"Origin": origin} if origin else {}
    answer = requests.post(sandbox.page.url + path, json=ACT, headers=headers, cookies=sandbox.page.cookie, timeout=5)

    assert answer.status_code == 403


def test_own_origin(sandbox: Sandbox) -> None:
    """The page itself may act, and reads why something cannot be done."""
    headers = {"Origin": sandbox.page.url}
    answer = requests.post(
        f"{sandbox.page.url}/api/act", json=ACT, headers=headers, cookies=sandbox.page.cookie, timeout=5
    )

    assert (answer.status_code, answer.json()) == (409, {"error": "There is no such person"})


def test_nothing_outside(sandbox: Sandbox) -> None:
    """Only the page's own files are served."""
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/nothing.js", "/static/emoji"):
        prepared = requests.Request("GET", sandbox.page.url, cookies=sandbox.page.cookie).prepare()
        prepared.url = sandbox.page.url + path
        with requests.Session() as session:
            assert session.send(prepared, timeout=5).status_code == 404


def test_rules_for_the_browser(sandbox: Sandbox) -> None:
    """Every answer forbids inline script and style, frames, guessing at types and being kept."""
    headers = requests.get(sandbox.page.url, cookies=sandbox.page.cookie, timeout=5).headers

    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_key_leaves_the_address(sandbox: Sandbox, window: Window) -> None:
    """After arriving the key is in a cookie that no script can read, no longer in the address."""
    cookie = window.visitor.context.cookies()[0]

    assert window.walker.page.url == f"{sandbox.page.url}/"
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert window.walker.page.evaluate("document.cookie") == ""


def test_asks_nobody_else(sandbox: Sandbox, window: Window) -> None:
    """The page loads nothing from any other host and breaks none of its own rules."""
    assert window.visitor.hosts == {sandbox.page.url}
    assert window.visitor.complaints == []
