"""Applications in the emulated Entra, well-behaved and misbehaving."""

import pytest

from bot.errors import EntraRefused, EntraUnavailable
from bot.graph import Entra as Floor
from bot.graph.applications import UniqueNameTaken, UniqueNameUnsupported
from bot.graph.client import Call
from bot.model import EntraApplication
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import CREATE_CALL, entra_draft
from tests.sandbox.entra import Entra
from tests.sandbox.trouble import Fault


def test_an_application_is_found_by_every_name(floor: Floor, made: EntraApplication) -> None:
    """By unique name, by tag and by object id it is the same application."""
    assert floor.applications.find("register-app-req") == made
    assert floor.applications.find_by_tag("register-app:req") == (made,)
    assert floor.applications.read(made.object_id) == made
    assert floor.applications.display_name_taken("ledger")


def test_what_was_never_made_is_not_found(floor: Floor) -> None:
    """An unknown unique name, tag or display name is an empty answer."""
    assert floor.applications.find("nobody") is None
    assert floor.applications.find_by_tag("nobody") == ()
    assert not floor.applications.display_name_taken("nobody")


def test_lag_after_a_create_is_waited_out(floor: Floor, entra: Entra, hourglass: Hourglass) -> None:
    """While the application is not known everywhere, service principal and secret are tried until it is."""
    entra.lag = 3
    made = floor.applications.create(entra_draft(entra))
    entra.lag = 0

    floor.applications.create_service_principal(made.app_id)

    assert len(hourglass.sleeps) == 3
    assert len(entra.service_principals) == 1


def test_a_second_service_principal_is_the_first(floor: Floor, made: EntraApplication) -> None:
    """Making the service principal again finds it."""
    first = floor.applications.create_service_principal(made.app_id)

    assert first == floor.applications.create_service_principal(made.app_id)


def test_a_service_principal_whose_answer_was_lost_is_found(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """Made, answer reset, asked again: one service principal, and its id."""
    entra.trouble.add(Fault(match="POST /v1.0/servicePrincipals$", when="after", reset=True))

    principal = floor.applications.create_service_principal(made.app_id)

    assert [found.id for found in entra.service_principals] == [principal]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 504}, {"reset": True}])
def test_a_create_whose_answer_was_lost_makes_one(floor: Floor, entra: Entra, fault: dict[str, int]) -> None:
    """With a unique name the repeat meets the first, which can then be found and adopted."""
    entra.trouble.add(Fault(match=CREATE_CALL, when="after", **fault))  # type: ignore[arg-type]  # Each case names one field.

    with pytest.raises(UniqueNameTaken):
        floor.applications.create(entra_draft(entra))

    found = floor.applications.find("register-app-req")
    assert found is not None
    assert [application.id for application in entra.applications] == [found.object_id]


def test_a_nameless_create_whose_answer_was_lost_is_found_by_tag(floor: Floor, entra: Entra) -> None:
    """Without a unique name it is asked once; the effect is unclear, and the tag finds what was made."""
    entra.trouble.add(Fault(match=CREATE_CALL, when="after", status=500))

    with pytest.raises(EntraUnavailable) as caught:
        floor.applications.create(entra_draft(entra, None))

    assert caught.value.effect == "unclear"
    assert len(floor.applications.find_by_tag("register-app:req")) == len(entra.applications) == 1


def test_a_deleted_application_keeps_its_unique_name(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """After a plain delete the name is taken though nothing is found; after a permanent one it is free."""
    floor.client.call(Call(method="DELETE", template="/applications/{id}", names={"id": made.object_id}))
    with pytest.raises(UniqueNameTaken):
        floor.applications.create(entra_draft(entra))
    assert floor.applications.find("register-app-req") is None

    floor.applications.delete_permanently(made.object_id)

    assert floor.applications.create(entra_draft(entra)).object_id != made.object_id


def test_a_permanent_deletion_leaves_nothing(floor: Floor, entra: Entra, made: EntraApplication) -> None:
    """Application and service principal are gone from the live and from the deleted, and again is as good."""
    floor.applications.create_service_principal(made.app_id)

    floor.applications.delete_permanently(made.object_id)
    floor.applications.delete_permanently(made.object_id)

    assert (entra.applications, entra.deleted, entra.service_principals) == ((), (), ())


def test_a_refused_unique_name_can_be_left_out(floor: Floor, entra: Entra) -> None:
    """Where Graph takes no unique name in a POST, the refusal says so and the draft goes through without."""
    entra.refuse_unique_name = True
    with pytest.raises(UniqueNameUnsupported):
        floor.applications.create(entra_draft(entra))

    floor.applications.create(entra_draft(entra, None))

    assert len(entra.applications) == 1


def test_a_full_tenant_refuses(floor: Floor, entra: Entra) -> None:
    """The tenant's quota is a refusal with Graph's own code."""
    entra.quota = 0

    with pytest.raises(EntraRefused) as caught:
        floor.applications.create(entra_draft(entra))

    assert (caught.value.status, caught.value.code) == (403, "Directory_QuotaExceeded")


def test_a_missing_permission_refuses(floor: Floor, entra: Entra, hourglass: Hourglass) -> None:
    """Without the permission nothing is tried twice."""
    entra.grant_roles = {"User.ReadBasic.All"}

    with pytest.raises(EntraRefused) as caught:
        floor.applications.create(entra_draft(entra))

    assert (caught.value.code, hourglass.sleeps) == ("Authorization_RequestDenied", [])
