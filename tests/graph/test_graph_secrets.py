"""Client secrets: minted at most once, removed surely, shown nowhere."""

import threading
from datetime import UTC, datetime

import pytest

from bot.errors import EntraMissing, EntraRefused, EntraUnavailable
from bot.graph.applications import Applications
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import (
    ADD,
    APPLICATION,
    END,
    LISTED,
    MINTED,
    NO_SUCH_KEY,
    ONE,
    REMOVE,
)
from tests.graph.tiny_graph import TinyGraph, Told, graph_error
from tests.sandbox.trouble import Fault


def test_moments_are_read_to_any_number_of_digits(applications: Applications, tiny: TinyGraph) -> None:
    """Seven digits of a second, none, and no moment at all are read; all are aware and in UTC."""
    eternal = {
        **LISTED,
        "keyId": "old",
        "startDateTime": None,
        "endDateTime": None,
        "hint": None,
        "displayName": None,
    }
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED, eternal]}))

    listed, old = applications.secrets("one")

    assert listed.starts_at == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert (listed.ends_at, listed.hint) == (datetime(2026, 7, 1, tzinfo=UTC), "abc")
    assert (old.display_name, old.hint, old.starts_at < listed.starts_at, old.ends_at > listed.ends_at) == (
        "",
        "",
        True,
        True,
    )


def test_secrets_of_a_missing_application_are_an_error(applications: Applications) -> None:
    """An application that is gone is not one without secrets."""
    with pytest.raises(EntraMissing):
        applications.secrets("one")


def test_a_secret_ends_when_it_was_told_to(applications: Applications, tiny: TinyGraph) -> None:
    """The end is sent in UTC to the second, the start is left to Entra's own clock."""
    tiny.tell(ADD, Told(status=200, body=MINTED))

    minted = applications.add_secret("one", display_name="first", ends_at=END)

    assert tiny.heard[-1].body == {
        "passwordCredential": {"displayName": "first", "endDateTime": "2026-07-01T00:30:00Z"}
    }
    assert (minted.text.reveal(), minted.credential.key_id) == ("abc8Q~secret-canary", "key")


@pytest.mark.parametrize(
    "answer",
    [
        Told(status=429, headers={"Retry-After": "2"}),
        Told(status=409, body=graph_error("Directory_ConcurrencyViolation", "Please wait briefly and retry.")),
        Told(status=404, body=graph_error("Request_ResourceNotFound")),
        Told(status=401, body=graph_error("InvalidAuthenticationToken")),
    ],
)
def test_a_mint_that_was_turned_away_is_repeated(applications: Applications, tiny: TinyGraph, answer: Told) -> None:
    """Throttled, concurrent, not yet replicated, stale token: nothing was minted, so it is tried again."""
    tiny.tell(ADD, answer, Told(status=200, body=MINTED))

    assert applications.add_secret("one", display_name="first", ends_at=END).credential.hint == "abc"
    assert tiny.graph_calls() == [ADD, ADD]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"status": 504}, {"reset": True}, {"status": 200}])
def test_a_mint_that_may_have_happened_is_not_repeated(
    applications: Applications, tiny: TinyGraph, fault: dict[str, int]
) -> None:
    """However the answer was lost, a second secret is not minted, and the effect is called unclear."""
    tiny.tell(ADD, Told(status=200, body=MINTED))
    tiny.trouble.add(Fault(match=ADD, when="after", **fault))  # type: ignore[arg-type]  # Each case names one field.

    with pytest.raises(EntraUnavailable) as caught:
        applications.add_secret("one", display_name="first", ends_at=END)

    assert (tiny.graph_calls(), caught.value.effect) == ([ADD], "unclear")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "CredentialInvalidLifetimeAsPerAppPolicy"),
        (400, "CredentialTypeNotAllowedAsPerAppPolicy"),
        (400, "TooManyAppPasswords"),
        (403, "Directory_ResourceSizeExceeded"),
    ],
)
def test_a_mint_against_policy_is_refused_at_once(
    applications: Applications, tiny: TinyGraph, status: int, code: str
) -> None:
    """What the tenant's policy or Entra's limits forbid is not tried again."""
    tiny.tell(ADD, Told(status=status, body=graph_error(code, "As per assigned policy.")))

    with pytest.raises(EntraRefused) as caught:
        applications.add_secret("one", display_name="first", ends_at=END)

    assert (caught.value.code, tiny.graph_calls()) == (code, [ADD])


def test_a_mint_for_a_missing_application_is_refused_in_the_end(
    applications: Applications, hourglass: Hourglass
) -> None:
    """A 404 is believed after some seconds."""
    with pytest.raises(EntraMissing):
        applications.add_secret("one", display_name="first", ends_at=END)

    assert 10.0 <= round(sum(hourglass.sleeps), 6) < 30.0


def test_a_secret_shows_itself_nowhere(
    applications: Applications, tiny: TinyGraph, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the value that carries it nor any log line of any library holds the text of a secret."""
    caplog.set_level("DEBUG")
    tiny.tell(ADD, Told(status=200, body=MINTED))

    minted = applications.add_secret("one", display_name="first", ends_at=END)

    said = f"{minted!r} {minted!s} " + "".join(f"{line.getMessage()} {vars(line)}" for line in caplog.records)
    assert len(caplog.records) > 1
    assert "canary" not in said


def test_a_removed_secret_is_gone(applications: Applications, tiny: TinyGraph) -> None:
    """Removing says True when Entra removed it."""
    tiny.tell(REMOVE, Told(status=204))

    assert applications.remove_secret("one", "key") is True
    assert tiny.heard[-1].body == {"keyId": "key"}


def test_a_secret_that_was_gone_is_no_error(applications: Applications, tiny: TinyGraph, hourglass: Hourglass) -> None:
    """A key that Entra neither knows nor lists is gone, and nobody waits."""
    tiny.tell(REMOVE, NO_SUCH_KEY)
    tiny.tell(f"GET {ONE}", Told(status=200, body=APPLICATION))

    assert applications.remove_secret("one", "key") is False
    assert hourglass.sleeps == []


def test_a_young_secret_is_removed_in_the_end(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A key that is listed is asked for again when removePassword does not know it yet."""
    tiny.tell(REMOVE, NO_SUCH_KEY, NO_SUCH_KEY, Told(status=204))
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED]}))

    assert applications.remove_secret("one", "key") is True
    assert len(hourglass.sleeps) == 1


def test_a_list_that_lags_does_not_hold_a_removed_secret(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A key that stays listed while removePassword denies it is believed gone after some seconds."""
    tiny.tell(REMOVE, Told(status=500), NO_SUCH_KEY)
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED]}))

    assert applications.remove_secret("one", "key") is False
    assert sum(hourglass.sleeps) < 40.0


def test_removing_from_a_missing_application_is_an_error(applications: Applications) -> None:
    """The application being gone is told apart from the secret being gone."""
    with pytest.raises(EntraMissing):
        applications.remove_secret("one", "key")


def test_writes_to_one_application_take_turns(applications: Applications, tiny: TinyGraph) -> None:
    """While one secret is being minted, the next for the same application waits; another application does not."""
    tiny.tell(ADD, Told(status=200, body=MINTED))
    tiny.tell("POST /v1.0/applications/two/addPassword", Told(status=200, body={**MINTED, "keyId": "other"}))
    inside, release, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        inside.set()
        assert release.wait(10)

    tiny.trouble.add(Fault(match=ADD, act=hold))

    def mint(object_id: str, name: str) -> None:
        applications.add_secret(object_id, display_name="first", ends_at=END)
        order.append(name)

    first = threading.Thread(target=mint, args=("one", "first"))
    second = threading.Thread(target=mint, args=("one", "second"))
    first.start()
    assert inside.wait(10)
    second.start()
    mint("two", "other")
    heard_meanwhile = tiny.graph_calls().count(ADD)
    release.set()
    first.join()
    second.join()

    assert heard_meanwhile == 0
    assert order == ["other", "first", "second"]
