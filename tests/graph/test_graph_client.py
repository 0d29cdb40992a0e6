"""The one door to Graph: what is sent, what is read, what is raised, what is logged."""

import logging
from typing import Any

import pytest
import requests

from bot.errors import EntraError, EntraMissing, EntraRefused, EntraUnavailable
from bot.graph.client import Call, GraphClient
from bot.graph.token_wire import TIMEOUT
from bot.graph.tokens import Tokens
from tests.graph.shapes import (
    FINE,
    READ,
    THING,
    graph_heard,
)
from tests.graph.tiny_graph import TinyGraph, Told, graph_error
from tests.sandbox.trouble import Fault


def test_a_call_carries_bearer_and_request_id(client: GraphClient, tiny: TinyGraph) -> None:
    """Every call carries the bot's token and an id of its own for Microsoft's support."""
    tiny.tell(f"GET {THING}", FINE)

    client.call(READ)
    client.call(READ)

    first, second = graph_heard(tiny)
    assert first.headers["authorization"].startswith("Bearer e30.")
    assert len(first.headers["client_request_id"]) == 36
    assert first.headers["client_request_id"] != second.headers["client_request_id"]


def test_repeats_keep_their_request_id(client: GraphClient, tiny: TinyGraph) -> None:
    """The attempts of one call can be told to belong together."""
    tiny.tell(f"GET {THING}", Told(status=503), FINE)

    client.call(READ)

    assert len({heard.headers["client_request_id"] for heard in graph_heard(tiny)}) == 1


def test_a_netrc_file_does_not_replace_the_bearer(
    client: GraphClient, tiny: TinyGraph, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the host's .netrc says about Graph's host is not sent to it."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    tiny.tell(f"GET {THING}", FINE)

    client.call(READ)

    assert graph_heard(tiny)[0].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, EntraRefused), (403, EntraRefused), (404, EntraMissing), (409, EntraRefused)]
)
def test_a_refusal_carries_graphs_own_words(
    client: GraphClient, tiny: TinyGraph, status: int, kind: type[EntraError]
) -> None:
    """A refusal is raised at once with Graph's code, message and request-id."""
    headers = {"request-id": "for-support"}
    tiny.tell(f"GET {THING}", Told(status=status, body=graph_error("Some_Code", "Some words."), headers=headers))

    with pytest.raises(kind) as caught:
        client.call(READ)

    error = caught.value
    assert (error.status, error.code, error.message, error.request_id) == (
        status,
        "Some_Code",
        "Some words.",
        "for-support",
    )
    assert len(graph_heard(tiny)) == 1


def test_a_refusal_that_is_no_json_is_still_one(client: GraphClient, tiny: TinyGraph) -> None:
    """A proxy's page of HTML is refused by its status; its text is not repeated."""
    tiny.tell(f"GET {THING}", Told(status=403))

    with pytest.raises(EntraRefused) as caught:
        client.call(READ)

    assert (caught.value.status, caught.value.code) == (403, "")


def test_a_redirect_is_not_followed(client: GraphClient, tiny: TinyGraph) -> None:
    """The bearer goes where it was sent and nowhere else."""
    tiny.tell(f"GET {THING}", Told(status=307, headers={"Location": f"{tiny.url}/v1.0/elsewhere"}))

    with pytest.raises(EntraRefused):
        client.call(READ)

    assert tiny.graph_calls() == [f"GET {THING}"]


def test_pages_are_followed(client: GraphClient, tiny: TinyGraph) -> None:
    """A collection is read to its last page, with the same headers on each."""
    more = f"{tiny.url}/v1.0/applications?$skiptoken=x"
    tiny.tell(
        "GET /v1.0/applications",
        Told(status=200, body={"value": [1, 2], "@odata.nextLink": more}),
        Told(status=200, body={"value": [3]}),
    )
    call = Call(method="GET", template="/applications", headers={"ConsistencyLevel": "eventual"})

    assert list(client.pages(call)) == [1, 2, 3]
    assert [heard.query for heard in graph_heard(tiny)] == ["", "$skiptoken=x"]
    assert {heard.headers["consistencylevel"] for heard in graph_heard(tiny)} == {"eventual"}


@pytest.mark.parametrize(
    "more", ["https://graph.example/v1.0/applications", "{root}.evil.example/v1.0/x", "{root}/beta/applications"]
)
def test_a_next_page_elsewhere_is_not_followed(client: GraphClient, tiny: TinyGraph, more: str) -> None:
    """The bearer is not carried to an address that an answer names, unless it is our own Graph."""
    link = more.format(root=tiny.url)
    tiny.tell("GET /v1.0/applications", Told(status=200, body={"value": [], "@odata.nextLink": link}))

    with pytest.raises(EntraRefused, match="not to be followed"):
        list(client.pages(Call(method="GET", template="/applications")))

    assert len(graph_heard(tiny)) == 1


def test_pages_do_not_go_round_in_circles(client: GraphClient, tiny: TinyGraph) -> None:
    """A next page that was read before ends the reading."""
    link = f"{tiny.url}/v1.0/applications"
    tiny.tell("GET /v1.0/applications", Told(status=200, body={"value": [], "@odata.nextLink": link}))

    with pytest.raises(EntraRefused, match="not to be followed"):
        list(client.pages(Call(method="GET", template="/applications")))


def test_one_line_is_logged_for_a_call(client: GraphClient, tiny: TinyGraph, caplog: pytest.LogCaptureFixture) -> None:
    """The line names method, path template, status, duration, tries and request-id, and no value of the query."""
    caplog.set_level(logging.INFO, logger="bot.graph")
    tiny.tell("GET /v1.0/users", Told(status=503), Told(status=200, body={}, headers={"request-id": "support"}))

    client.call(Call(method="GET", template="/users", query={"$filter": "mail eq 'ada@contoso.example'"}))

    (record,) = caplog.records
    facts = {name: vars(record)[name] for name in ("method", "path", "status", "tries", "request_id")}
    assert facts == {"method": "GET", "path": "/users", "status": 200, "tries": 2, "request_id": "support"}
    assert vars(record)["milliseconds"] >= 1000
    assert "ada" not in str(vars(record))


def test_neither_bearer_nor_secret_is_ever_logged(
    client: GraphClient, tiny: TinyGraph, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level of every library, no log line holds the token or the bot's own secret."""
    caplog.set_level(logging.DEBUG)
    tiny.tell(f"GET {THING}", Told(status=401), FINE)

    client.call(READ)

    assert len(caplog.records) > 3
    assert "canary" not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_errors_do_not_chain_to_what_knows_the_address(client: GraphClient, tiny: TinyGraph) -> None:
    """The transport's own error, whose text holds address and query, is not attached to ours."""
    tiny.trouble.add(Fault(match="/users", times=9, reset=True))

    with pytest.raises(EntraUnavailable) as caught:
        client.with_patience(0.0).call(Call(method="GET", template="/users", query={"$filter": "mail eq 'ada'"}))

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "ada" not in str(caught.value)


def test_every_call_has_a_timeout() -> None:
    """Five seconds to connect, twenty between two bytes of an answer."""
    assert TIMEOUT == (5.0, 20.0)


def test_graph_by_plain_http_is_for_this_machine_only(tiny_tokens: Tokens, session: requests.Session) -> None:
    """A bearer token is not sent readable over a network."""
    with pytest.raises(ValueError, match="https"):
        GraphClient(tiny_tokens, "http://graph.contoso.example", session)
