"""The one door to Graph: what is sent, what is repeated, what is raised, what is logged."""

import logging
import socket
from typing import Any

import pytest
import requests

from bot.errors import EntraError, EntraMissing, EntraRefused, EntraSignInRefused, EntraUnavailable
from bot.graph.client import Call, GraphClient, get, settling
from bot.graph.token_wire import TIMEOUT
from bot.graph.tokens import Tokens
from tests.graph.hourglass import Hourglass
from tests.graph.tiny_graph import Heard, TinyGraph, Told, graph_error
from tests.sandbox.trouble import Fault

THING = "/v1.0/applications/one"
READ = get("/applications/{id}", "id", id="one")
WRITE = Call(method="POST", template="/applications/{id}", names={"id": "one"}, body={"a": 1})
FINE = Told(status=200, body={"id": "one"})


def graph_heard(tiny: TinyGraph) -> list[Heard]:
    """The requests to Graph, without those for tokens."""
    return [heard for heard in tiny.heard if "/v1.0/" in heard.call]


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


def test_throttling_is_waited_out_as_told(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """A 429 is repeated after exactly the seconds of its Retry-After, for a POST too."""
    tiny.tell(f"POST {THING}", Told(status=429, headers={"Retry-After": "7"}), FINE)

    assert client.call(WRITE) == {"id": "one"}
    assert hourglass.sleeps == [7.0]


def test_lasting_throttling_ends_with_patience(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """When patience ends on a 429 nothing was done, and the error says when to come back."""
    tiny.tell(f"POST {THING}", Told(status=429, headers={"Retry-After": "25"}, body=graph_error("TooManyRequests")))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert (caught.value.effect, caught.value.retry_after, caught.value.status) == ("none", 25.0, 429)
    assert hourglass.sleeps == [25.0, 25.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_harmful_write_is_not_repeated_after_a_server_error(
    client: GraphClient, tiny: TinyGraph, hourglass: Hourglass, status: int
) -> None:
    """A POST that a server error leaves open is made once, and its effect is called unclear."""
    tiny.tell(f"POST {THING}", Told(status=status))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert (caught.value.effect, len(graph_heard(tiny)), hourglass.sleeps) == ("unclear", 1, [])


def test_a_reset_after_sending_is_unclear(client: GraphClient, tiny: TinyGraph) -> None:
    """A connection that dies after a POST was sent may have carried it out."""
    tiny.tell(f"POST {THING}", FINE)
    tiny.trouble.add(Fault(match=f"POST {THING}", when="after", reset=True))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert (caught.value.effect, caught.value.status, len(graph_heard(tiny))) == ("unclear", 0, 1)


def test_a_read_is_never_unclear(client: GraphClient, tiny: TinyGraph) -> None:
    """Reading changes nothing, however it ends."""
    tiny.tell(f"GET {THING}", Told(status=500))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(READ)

    assert caught.value.effect == "none"


def test_an_open_outcome_stays_open(client: GraphClient, tiny: TinyGraph) -> None:
    """A repeat that is then throttled away does not make an earlier attempt undone."""
    call = Call(method="POST", template="/applications/{id}", names={"id": "one"}, repeatable=True)
    tiny.tell(f"POST {THING}", Told(status=500), Told(status=429))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(call)

    assert (caught.value.status, caught.value.effect) == (429, "unclear")


def test_an_unreadable_success_is_unclear(client: GraphClient, tiny: TinyGraph) -> None:
    """A 200 whose body breaks off may have been a success: it is not repeated."""
    tiny.trouble.add(Fault(match=f"POST {THING}", status=200, body=None, headers={"Content-Length": "500"}))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert caught.value.effect == "unclear"


def test_a_refused_connection_has_no_effect(
    tiny_tokens: Tokens, session: requests.Session, hourglass: Hourglass
) -> None:
    """Where nobody listens nothing was sent: even a POST is repeated, and its effect is none."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        client = GraphClient(tiny_tokens, nowhere, session, hourglass.sleep, hourglass.monotonic, 5.0)

        with pytest.raises(EntraUnavailable) as caught:
            client.call(WRITE)

    assert (caught.value.effect, len(hourglass.sleeps)) == ("none", 2)


def test_a_silent_token_endpoint_has_no_effect(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """Without a token nothing is sent to Graph; the token endpoint's Retry-After is obeyed."""
    tiny.tell(f"POST {THING}", FINE)
    tiny.trouble.add(Fault(match="/token$", status=503, headers={"Retry-After": "9"}))

    assert client.call(WRITE) == {"id": "one"}
    assert hourglass.sleeps == [9.0]


def test_a_stale_token_is_renewed_once(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """A 401 fetches a fresh token and repeats the call at once, for a POST too."""
    tiny.tell(f"POST {THING}", Told(status=401, body=graph_error("InvalidAuthenticationToken")), FINE)

    assert client.call(WRITE) == {"id": "one"}
    assert (tiny.tokens_given, hourglass.sleeps) == (2, [])


def test_a_token_that_graph_keeps_refusing_is_our_own_fault(client: GraphClient, tiny: TinyGraph) -> None:
    """A second 401 says that the bot itself is not accepted."""
    tiny.tell(
        f"GET {THING}", Told(status=401, body=graph_error("InvalidAuthenticationToken", "Lifetime validation"))
    )

    with pytest.raises(EntraSignInRefused) as caught:
        client.call(READ)

    assert (caught.value.code, len(graph_heard(tiny))) == ("InvalidAuthenticationToken", 2)


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


def test_a_young_objects_404_is_waited_out(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """While an object is young its 404 is repeated, for a POST too."""
    tiny.tell(f"POST {THING}", Told(status=404), Told(status=404), FINE)

    assert client.call(settling(WRITE, 10.0)) == {"id": "one"}
    assert len(hourglass.sleeps) == 2


def test_a_404_is_believed_in_the_end(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """After the time of settling the object is missing."""
    with pytest.raises(EntraMissing):
        client.call(settling(READ, 10.0))

    assert 10.0 <= sum(hourglass.sleeps) < 60.0
    assert len(graph_heard(tiny)) == len(hourglass.sleeps) + 1


def test_impatience_does_not_make_a_young_object_missing(client: GraphClient) -> None:
    """When patience ends before the time of settling nothing is known yet, and the error says so."""
    with pytest.raises(EntraUnavailable) as caught:
        client.with_patience(2.0).call(settling(WRITE, 10.0))

    assert caught.value.effect == "none"


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


def test_one_line_is_logged_for_a_call(
    client: GraphClient, tiny: TinyGraph, caplog: pytest.LogCaptureFixture
) -> None:
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


class StalledTransport(requests.adapters.BaseAdapter):
    """A transport whose server never answers: it gives up as soon as it was told how long to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[object] = []

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # Only the timeout matters.
        """Remember the timeout and let it pass."""
        self.timeouts.append(kwargs["timeout"])
        raise requests.ReadTimeout(f"stalled on {request.url}")

    def close(self) -> None:
        """Nothing is open."""


def test_a_stalled_answer_leaves_a_write_open(
    tiny: TinyGraph, session: requests.Session, tiny_tokens: Tokens, hourglass: Hourglass
) -> None:
    """A read timeout after a POST was sent makes its effect unclear, and both timeouts reach the transport."""
    stalled = StalledTransport()
    session.mount(f"{tiny.url}/v1.0/", stalled)
    client = GraphClient(tiny_tokens, tiny.url, session, hourglass.sleep, hourglass.monotonic, 60.0)

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert (caught.value.effect, stalled.timeouts) == ("unclear", [(5.0, 20.0)])


def test_graph_by_plain_http_is_for_this_machine_only(tiny_tokens: Tokens, session: requests.Session) -> None:
    """A bearer token is not sent readable over a network."""
    with pytest.raises(ValueError, match="https"):
        GraphClient(tiny_tokens, "http://graph.contoso.example", session)
