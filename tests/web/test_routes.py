"""What is where, what every answer wears, and what the log keeps."""

import json
import logging
from collections.abc import Callable

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from tests.web.desk import Desk

ALL = ("/", "/secret", "/static/page.css", "/static/nothing.css", "/robots.txt", "/healthz", "/readyz", "/wp-login")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", [*ALL, "/secret/look", "/secret/reveal", "/secret/seen"])
def test_every_answer_wears_the_same_headers(client: FlaskClient, path: str, method: str) -> None:
    """Every answer, refusals included, is closed to caches, frames, referrers and robots, and sets no cookie."""
    headers = client.open(path, method=method).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive, nosnippet"
    assert headers["Permissions-Policy"].startswith("clipboard-write=(self)")
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert not {"Set-Cookie", "Server"} & set(headers.keys())


def test_policy_has_no_way_in(client: FlaskClient) -> None:
    """The content security policy allows this host's own files and nothing inline, and no frame round them."""
    policy = client.get("/secret").headers["Content-Security-Policy"]

    assert set(policy.split("; ")) == {
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "connect", "img")),
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    }


@pytest.mark.parametrize(
    ("public_url", "subdomains", "expected"),
    [
        ("https://apps.contoso.example", True, "max-age=31536000; includeSubDomains"),
        ("https://apps.contoso.example", False, "max-age=31536000"),
        ("http://127.0.0.1:8080", True, None),
    ],
)
def test_hsts_only_over_https(
    make_web: Callable[..., Flask], public_url: str, expected: str | None, *, subdomains: bool
) -> None:
    """Strict transport is promised only where the public address is https, for subdomains when wanted."""
    client = make_web(public_url=public_url, hsts_subdomains=subdomains).test_client()

    assert expected == client.get("/secret").headers.get("Strict-Transport-Security")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/secret", "/static/page.css", "/healthz"])
def test_reading_routes_only_read(client: FlaskClient, path: str, method: str) -> None:
    """A page answers GET and HEAD and is 405 to everything else, OPTIONS and TRACE included."""
    answer = client.open(path, method=method)

    assert (405, {"GET", "HEAD"}) == (answer.status_code, set(answer.headers["Allow"].split(", ")))
    assert "Not this way" in answer.text or method == "HEAD"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/secret/look", "/secret/reveal", "/secret/seen"])
def test_writing_routes_only_take_posts(client: FlaskClient, desk: Desk, path: str, method: str) -> None:
    """What has an effect answers POST and nothing else, and the desk hears nothing of the rest."""
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.headers["Allow"], desk.asked) == (405, "POST", [])


@pytest.mark.parametrize(
    "path", ["/secret/", "/Secret", "/secret/canary", "/secret//look", "/static/../web.py", "/canary"]
)
def test_nothing_else_is_here(client: FlaskClient, path: str) -> None:
    """An address that is nearly right is a plain 404: no redirect, and no echo of what was asked."""
    answer = client.get(path)

    assert (answer.status_code, "There is no page at this address." in answer.text) == (404, True)
    assert "canary" not in answer.text


def test_slack_is_absent_in_socket_mode(client: FlaskClient) -> None:
    """Without a handler given in there is no address for Slack."""
    assert client.post("/slack/events").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.css", "text/css; charset=utf-8"),
        ("secret.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_assets_say_what_they_are(client: FlaskClient, name: str, kind: str) -> None:
    """Each of our own files is served under its own type, whatever the machine's table of types says."""
    answer = client.get(f"/static/{name}")

    assert (200, kind) == (answer.status_code, answer.headers["Content-Type"])


def test_templates_are_not_assets(client: FlaskClient) -> None:
    """Only the files of the static folder are served."""
    assert client.get("/static/secret.html").status_code == 404


def test_robots_are_sent_away(client: FlaskClient) -> None:
    """Robots may read nothing."""
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_home_says_what_this_is(client: FlaskClient) -> None:
    """The first page is a plain sentence that sends its reader to Slack."""
    assert "type /register-app there" in client.get("/").text


def test_alive_without_asking_anybody(client: FlaskClient, reasons: dict[str, str]) -> None:
    """The process is alive even when it is not ready."""
    reasons["database"] = "The database does not answer."

    assert client.get("/healthz").status_code == 200


def test_ready_when_no_check_objects(client: FlaskClient) -> None:
    """Ready is 200 with no reasons."""
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"ready": True, "reasons": {}})


def test_not_ready_with_the_reasons(client: FlaskClient, reasons: dict[str, str]) -> None:
    """Not ready is 503 with a plain sentence for each check."""
    reasons["database"] = "The database does not answer."
    answer = client.get("/readyz")

    assert (503, {"ready": False, "reasons": reasons}) == (answer.status_code, answer.json)


def test_broken_check_is_not_ready(make_web: Callable[..., Flask]) -> None:
    """A check that breaks is 503, and its error stays out of the answer."""

    def broken() -> dict[str, str]:
        raise OSError("password=hunter2")

    answer = make_web(ready=broken).test_client().get("/readyz")

    assert (answer.status_code, "hunter2" in answer.text) == (503, False)


def test_log_keeps_template_and_status_only(client: FlaskClient, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A log line is method, route template and status: no path as asked, query, address, agent or token."""
    caplog.set_level(logging.DEBUG)
    token = desk.issue()
    client.get(f"/secret?{token}", headers={"User-Agent": "Mozilla/5.0 (canary)"})
    client.get(f"/secret/{token}")
    client.get(f"/static/{token}")
    client.open("/secret", method=token)
    client.post("/secret/reveal", json={"token": token}, environ_base={"REMOTE_ADDR": "192.0.2.77"})

    assert [record.getMessage() for record in caplog.records if record.name == "handlers.web"] == [
        "GET /secret 200",
        "GET no route 404",
        "GET /static/<name> 404",
        "another method no route 405",
        "POST /secret/reveal 200",
    ]
    assert not any(token in record.getMessage() for record in caplog.records)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log warns of."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_forgotten_proxy_is_told_once(make_web: Callable[..., Flask], caplog: pytest.LogCaptureFixture) -> None:
    """When a proxy's word arrives and no proxy is set, the log says so, once, and not whose word it is."""
    client = make_web(trusted_proxies=0).test_client()
    client.get("/healthz")
    before = warnings(caplog)
    for number in range(3):
        client.get("/secret", headers={"X-Forwarded-For": f"192.0.2.{number}"})
    (told,) = warnings(caplog)

    assert before == []
    assert ("TRUSTED_PROXIES" in told, "192.0.2" in told) == (True, False)


def test_proxy_that_is_set_is_not_told_of(make_web: Callable[..., Flask], caplog: pytest.LogCaptureFixture) -> None:
    """With the number of proxies set there is nothing to warn of."""
    make_web(trusted_proxies=1).test_client().get("/secret", headers={"X-Forwarded-For": "192.0.2.1"})

    assert warnings(caplog) == []


def test_failure_of_ours_is_plain(client: FlaskClient, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody foresaw is a calm 500 for the person and a traceback under the route's template for us."""

    def fail() -> None:
        raise RuntimeError("the disk is full")

    desk.act = fail
    answer = client.post("/secret/look", json={"token": desk.issue()})

    assert (answer.status_code, json.loads(answer.data)["title"]) == (500, "Something went wrong here")
    assert "disk" not in answer.text
    assert "POST /secret/look failed" in caplog.messages


def test_slack_answer_wears_the_headers_too(make_web: Callable[..., Flask]) -> None:
    """What the handler for Slack answers goes out with the same headers."""
    client = make_web(slack=lambda _: Response("", 200)).test_client()
    headers = {"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": f"v0={'0' * 64}"}

    assert client.post("/slack/events", headers=headers).headers["Cache-Control"] == "no-store"
