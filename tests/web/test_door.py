"""What is turned away before the desk hears of it, and who is told to wait."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from handlers.web import Limits
from tests.web.conftest import PUBLIC_URL
from tests.web.desk import SECRET, Clock, Desk

PREVIEWS = (
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Range": "bytes=0-32768"},
    {"User-Agent": "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5"},
    {"User-Agent": "facebookexternalhit/1.1"},
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
    {"If-None-Match": "*", "If-Modified-Since": "Mon, 23 Nov 2026 12:00:00 GMT"},
    {"Accept": "application/json", "Accept-Language": "de", "Accept-Encoding": "gzip, br"},
    {"Cookie": "session=1", "Authorization": "Bearer nonsense", "Host": "evil.example"},
)


@pytest.mark.parametrize("headers", PREVIEWS)
def test_page_is_the_same_for_everybody(client: FlaskClient, desk: Desk, headers: dict[str, str]) -> None:
    """GET /secret is byte for byte one page, whoever asks and however, and asks nobody."""
    expected = client.get("/secret")
    actual = client.get("/secret?utm_source=x", headers=headers)

    assert (200, list(expected.headers), expected.data, []) == (
        actual.status_code,
        list(actual.headers),
        actual.data,
        desk.asked,
    )


def test_page_is_the_same_from_every_process(make_web: Callable[..., Flask]) -> None:
    """Two processes, even with different settings, serve the same bytes."""
    one, two = make_web(), make_web(public_url="http://127.0.0.1:1", trusted_proxies=2)

    assert one.test_client().get("/secret").data == two.test_client().get("/secret").data


@pytest.mark.parametrize("headers", PREVIEWS)
def test_head_is_get_without_its_body(client: FlaskClient, headers: dict[str, str]) -> None:
    """HEAD has the headers of GET, the length included, and no body."""
    expected = client.get("/secret")
    actual = client.head("/secret", headers=headers)

    assert (list(expected.headers), b"") == (list(actual.headers), actual.data)


REFUSED = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC_URL},
    {"Origin": "https://evil.example"},
    {"Origin": f"{PUBLIC_URL}.evil.example"},
    {"Origin": PUBLIC_URL.replace("https", "http")},
    {"Origin": f"{PUBLIC_URL}:8443"},
    {"Origin": "null"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://evil.example", "Host": "evil.example"},
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Moz": "prefetch"},
)


@pytest.mark.parametrize("headers", REFUSED)
@pytest.mark.parametrize("act", ["look", "reveal", "seen"])
def test_other_sites_and_previews_are_refused(
    client: FlaskClient, desk: Desk, act: str, headers: dict[str, str]
) -> None:
    """A post from elsewhere, or ahead of its user, is 403 and the desk hears nothing of it."""
    answer = client.post(f"/secret/{act}", json={"token": desk.issue()}, headers=headers)

    assert (answer.status_code, desk.asked) == (403, [])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": PUBLIC_URL},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_own_page_is_let_in(client: FlaskClient, desk: Desk, headers: dict[str, str]) -> None:
    """Our own page is let in, also by a browser that sends no such headers, or null for a form."""
    answer = client.post("/secret/reveal", data={"token": desk.issue()}, headers=headers)

    assert SECRET in answer.text


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://Apps.Contoso.example:443/", "https://apps.contoso.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origin_is_compared_as_browsers_write_it(
    make_web: Callable[..., Flask], desk: Desk, public_url: str, origin: str
) -> None:
    """The public address is brought into the form of an Origin header before the two are compared."""
    client = make_web(public_url=public_url).test_client()
    answer = client.post("/secret/look", json={"token": desk.issue()}, headers={"Origin": origin})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("act", "kind", "status"),
    [
        ("look", "application/x-www-form-urlencoded", 415),
        ("seen", "application/x-www-form-urlencoded", 415),
        ("reveal", "text/plain", 415),
        ("reveal", "multipart/form-data; boundary=x", 415),
        ("reveal", "application/xml", 415),
        ("reveal", "", 415),
        ("reveal", "application/json; charset=utf-8", 200),
    ],
)
def test_other_kinds_of_body_are_refused(client: FlaskClient, desk: Desk, act: str, kind: str, status: int) -> None:
    """Only JSON is read, and for the press a form; anything else is 415 and the desk hears nothing."""
    body = f'{{"token": "{desk.issue()}"}}'
    answer = client.post(f"/secret/{act}", data=body, content_type=kind)

    assert (status, status == 200) == (answer.status_code, bool(desk.asked))


def _body(token: str, size: int, *, stated: bool) -> dict[str, Any]:
    """A post of exactly so many bytes, which states its length or streams it as a server with chunks does."""
    start, end = f'{{"token": "{token}", "x": "', '"}'
    body: dict[str, Any] = {
        "data": f"{start}{'y' * (size - len(start) - len(end))}{end}",
        "content_type": "application/json",
    }
    if not stated:
        body["environ_overrides"] = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    return body


@pytest.mark.parametrize("stated", [True, False])
def test_long_body_is_refused(client: FlaskClient, desk: Desk, *, stated: bool) -> None:
    """A body over 4 KiB is 413, whether it states its length or streams, and one of 4 KiB is read."""
    token = desk.issue()
    statuses = [client.post("/secret/look", **_body(token, size, stated=stated)).status_code for size in (4096, 4097)]

    assert (statuses, desk.asked) == ([200, 413], ["look"])


def test_thirty_posts_a_minute(client: FlaskClient, desk: Desk, clock: Clock) -> None:
    """The 31st post within a minute from one address waits, is told how long, and touches nothing."""
    token = desk.issue()
    for _ in range(30):
        client.post("/secret/look", json={"token": token})
        clock.pass_seconds(1)
    refused = client.post("/secret/reveal", json={"token": token})
    clock.pass_seconds(30)
    later = client.post("/secret/reveal", json={"token": token})

    assert (
        refused.status_code,
        refused.headers["Retry-After"],
        refused.get_json()["state"],
    ) == (429, "30", "throttled")
    assert "Wait 30 seconds" in refused.get_json()["sentence"]
    assert later.get_json()["state"] == "shown"


def test_throttled_form_reads_a_page(make_web: Callable[..., Flask], desk: Desk) -> None:
    """Who presses the form too often reads the same words on a page."""
    client = make_web(limits=Limits(posts=1)).test_client()
    client.post("/secret/reveal", data={"token": ""})
    answer = client.post("/secret/reveal", data={"token": desk.issue()})

    assert (answer.status_code, "Too many tries" in answer.text, desk.asked) == (429, True, [])


def test_ten_unknown_tokens_a_minute(client: FlaskClient, desk: Desk, clock: Clock) -> None:
    """After ten wrong tokens within a minute even a right one waits, so that a guess learns nothing by it."""
    token = desk.issue()
    for number in range(10):
        client.post("/secret/look", json={"token": f"{number:043}" if number % 2 else "short"})
    refused = client.post("/secret/look", json={"token": token})
    clock.pass_seconds(60)

    assert (refused.status_code, client.post("/secret/look", json={"token": token}).status_code) == (429, 200)


def test_one_address_does_not_lock_out_another(client: FlaskClient, desk: Desk) -> None:
    """Who holds a link and knocks without end is stopped alone; the owner elsewhere still presses it."""
    token = desk.issue()
    for _ in range(50):
        client.post("/secret/look", json={"token": token}, environ_base={"REMOTE_ADDR": "192.0.2.66"})
    answer = client.post("/secret/reveal", json={"token": token}, environ_base={"REMOTE_ADDR": "192.0.2.7"})

    assert answer.get_json()["state"] == "shown"


def test_invented_addresses_change_nothing(client: FlaskClient, desk: Desk) -> None:
    """Without trusted proxies a new X-Forwarded-For for each post is not a new address."""
    token = desk.issue()
    statuses = [
        client.post("/secret/look", json={"token": token}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(31)
    ]

    assert statuses == [200] * 30 + [429]


def test_refusals_at_the_door_do_not_count(client: FlaskClient, desk: Desk) -> None:
    """Another site cannot use up its visitor's tries here."""
    for _ in range(50):
        client.post("/secret/look", json={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert client.post("/secret/look", json={"token": desk.issue()}).status_code == 200
