"""How long the door to Graph tries, and what it says of the effect when it gives up."""

import socket
from typing import Any

import pytest
import requests

from bot.errors import EntraMissing, EntraSignInRefused, EntraUnavailable
from bot.graph.client import Call, GraphClient, settling
from bot.graph.tokens import Tokens
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import FINE, READ, THING, WRITE, graph_heard
from tests.graph.tiny_graph import TinyGraph, Told, graph_error
from tests.sandbox.trouble import Fault


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


def test_a_success_that_is_no_json_is_unclear(client: GraphClient, tiny: TinyGraph) -> None:
    """A 200 with a page of HTML, as a proxy sends it, may stand for a success: it is not repeated."""
    tiny.tell(f"POST {THING}", Told(status=200, page=b"<html>Welcome</html>"))

    with pytest.raises(EntraUnavailable) as caught:
        client.call(WRITE)

    assert (caught.value.effect, len(graph_heard(tiny))) == ("unclear", 1)


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
    tiny.tell(f"GET {THING}", Told(status=401, body=graph_error("InvalidAuthenticationToken", "Lifetime validation")))

    with pytest.raises(EntraSignInRefused) as caught:
        client.call(READ)

    assert (caught.value.code, len(graph_heard(tiny))) == ("InvalidAuthenticationToken", 2)


def test_a_young_objects_404_is_waited_out(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """While an object is young its 404 is repeated, for a POST too."""
    tiny.tell(f"POST {THING}", Told(status=404), Told(status=404), FINE)

    assert client.call(settling(WRITE, 10.0)) == {"id": "one"}
    assert len(hourglass.sleeps) == 2


def test_a_404_is_believed_in_the_end(client: GraphClient, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """After the time of settling the object is missing."""
    with pytest.raises(EntraMissing):
        client.call(settling(READ, 10.0))

    assert 10.0 <= round(sum(hourglass.sleeps), 6) < 60.0
    assert len(graph_heard(tiny)) == len(hourglass.sleeps) + 1


def test_impatience_does_not_make_a_young_object_missing(client: GraphClient) -> None:
    """When patience ends before the time of settling nothing is known yet, and the error says so."""
    with pytest.raises(EntraUnavailable) as caught:
        client.with_patience(2.0).call(settling(WRITE, 10.0))

    assert caught.value.effect == "none"


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
