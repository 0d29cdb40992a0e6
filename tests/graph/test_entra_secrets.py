"""Client secrets in the emulated Entra, well-behaved and misbehaving."""

import pytest

from bot.errors import EntraMissing, EntraRefused, EntraUnavailable
from bot.graph import Entra as Floor
from bot.model import EntraApplication
from tests.graph.shapes import ADD_CALL, IN_HALF_A_YEAR, REMOVE_CALL, entra_draft
from tests.sandbox.entra import Entra, PasswordPolicy
from tests.sandbox.trouble import Fault


def test_from_draft_to_accepted_secret(floor: Floor, entra: Entra) -> None:
    """Application, service principal and secret are made, and Entra lets the application sign in with it."""
    made = floor.applications.create(entra_draft(entra))
    principal = floor.applications.create_service_principal(made.app_id)
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert floor.tokens.try_secret(made.app_id, minted.text) is True
    assert minted.credential.ends_at == IN_HALF_A_YEAR
    assert [found.id for found in entra.service_principals] == [principal]
    assert entra.applications[0].owners[0] == entra.bot_service_principal_id


def test_a_secret_for_a_young_application_is_minted_once(floor: Floor, entra: Entra) -> None:
    """The 404 of a young application is waited out, and one secret is there in the end."""
    entra.lag = 3
    made = floor.applications.create(entra_draft(entra))

    floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert len(entra.secrets(made.object_id)) == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"status": 504}, {"reset": True}, {"status": 200}])
def test_a_mint_whose_answer_was_lost_can_be_undone(
    floor: Floor, entra: Entra, made: EntraApplication, fault: dict[str, int]
) -> None:
    """One secret exists that nobody saw; it is found by its display name and removed."""
    entra.trouble.add(Fault(match=ADD_CALL, when="after", **fault))  # type: ignore[arg-type]  # Each case names one field.
    with pytest.raises(EntraUnavailable) as caught:
        floor.applications.add_secret(made.object_id, display_name="first [link]", ends_at=IN_HALF_A_YEAR)

    (orphan,) = floor.applications.secrets(made.object_id)
    removed = floor.applications.remove_secret(made.object_id, orphan.key_id)

    assert (caught.value.effect, orphan.display_name, removed) == ("unclear", "first [link]", True)
    assert entra.secrets(made.object_id) == ()


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "3"}},
        {"status": 409, "body": {"error": {"code": "Directory_ConcurrencyViolation", "message": "Please wait."}}},
        {"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken", "message": "Expired."}}},
    ],
)
def test_a_mint_that_was_turned_away_mints_one(
    floor: Floor, entra: Entra, made: EntraApplication, fault: dict[str, object]
) -> None:
    """Throttled, concurrent or stale: asked again, and exactly one secret is there."""
    entra.trouble.add(Fault(match=ADD_CALL, **fault))  # type: ignore[arg-type]  # Each case names its own fields.

    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert [secret.key_id for secret in entra.secrets(made.object_id)] == [minted.credential.key_id]


def test_a_secret_is_removed_once(floor: Floor, made: EntraApplication) -> None:
    """The first removal says True, the second False."""
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)
    key_id = minted.credential.key_id

    removals = [floor.applications.remove_secret(made.object_id, key_id) for _ in range(2)]

    assert removals == [True, False]


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}])
def test_a_removal_whose_answer_was_lost_is_done(
    floor: Floor, entra: Entra, made: EntraApplication, fault: dict[str, int]
) -> None:
    """A removal is repeated, and that Entra knows none of the key by then is no error."""
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)
    entra.trouble.add(Fault(match=REMOVE_CALL, when="after", **fault))  # type: ignore[arg-type]  # Each case names one field.

    floor.applications.remove_secret(made.object_id, minted.credential.key_id)

    assert entra.secrets(made.object_id) == ()


def test_a_young_secret_is_removed_all_the_same(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """While removePassword denies a secret that is listed, it is asked again."""
    entra.removal_lag = 2
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert floor.applications.remove_secret(made.object_id, minted.credential.key_id) is True
    assert entra.secrets(made.object_id) == ()


def test_reads_lag_behind_writes(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """A new secret shows some readings late: one reading proves nothing, as the docstring says."""
    entra.read_lag = 2
    floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert [len(floor.applications.secrets(made.object_id)) for _ in range(3)] == [0, 0, 1]


def test_a_young_secret_is_refused_before_it_is_accepted(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """The try-out says False while Entra does not know the secret, and True afterwards; a removed one is False."""
    entra.secret_lag = 2
    floor.applications.create_service_principal(made.app_id)
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    tries = [floor.tokens.try_secret(made.app_id, minted.text) for _ in range(3)]
    floor.applications.remove_secret(made.object_id, minted.credential.key_id)

    assert tries == [False, False, True]
    assert floor.tokens.try_secret(made.app_id, minted.text) is False


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (PasswordPolicy(max_lifetime_days=30), "CredentialInvalidLifetimeAsPerAppPolicy"),
        (PasswordPolicy(passwords_allowed=False), "CredentialTypeNotAllowedAsPerAppPolicy"),
    ],
)
def test_the_tenants_policy_refuses_a_secret(
    floor: Floor, entra: Entra, made: EntraApplication, policy: PasswordPolicy, code: str
) -> None:
    """What the policy forbids is refused with Graph's own code, and no secret is there."""
    entra.policy = policy

    with pytest.raises(EntraRefused) as caught:
        floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)

    assert (caught.value.code, entra.secrets(made.object_id)) == (code, ())


def test_a_missing_application_is_missing(floor: Floor, made: EntraApplication) -> None:
    """After the time that replication may take, an application that was deleted is missing."""
    floor.applications.delete_permanently(made.object_id)

    with pytest.raises(EntraMissing):
        floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)
    assert floor.applications.read(made.object_id) is None


def test_no_secret_is_said_anywhere_but_to_its_caller(
    floor: Floor, entra: Entra, made: EntraApplication, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level no log line holds the secret, the bot's own, or a bearer token."""
    caplog.set_level("DEBUG")
    floor.applications.create_service_principal(made.app_id)
    minted = floor.applications.add_secret(made.object_id, display_name="first", ends_at=IN_HALF_A_YEAR)
    floor.tokens.try_secret(made.app_id, minted.text)
    entra.trouble.add(Fault(match=ADD_CALL, when="after", reset=True))
    with pytest.raises(EntraUnavailable) as caught:
        floor.applications.add_secret(made.object_id, display_name="second", ends_at=IN_HALF_A_YEAR)

    said = f"{minted!r} {caught.value!r} {floor!r}" + "".join(
        f"{line.getMessage()} {vars(line)}" for line in caplog.records
    )

    assert len(caplog.records) > 5
    for text in (minted.text.reveal(), entra.bot_secret, floor.tokens.token()):
        assert text not in said
