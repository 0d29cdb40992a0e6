"""A delivery of Slack's has its effect once, and is known for exactly as long as it had one."""

import pytest

from bot.errors import AlreadyDelivered
from bot.events import AuditEvent
from storage import Store
from storage.deliveries import handling
from tests.domain.nouns import NOW
from tests.storage.races import RACERS, race
from tests.storage.test_credentials import SOON


def act(store: Store, key: str, name: str) -> bool:
    """Handle one delivery whose effect is a row of the audit; False when it was handled before."""
    try:
        with handling(key, NOW), store.transaction():
            store.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=NOW)
    except AlreadyDelivered:
        return False
    return True


def test_one_of_many_copies(store: Store) -> None:
    """Of many copies at the same moment one has the effect."""
    won = race(lambda number: act(store, "key", f"row-{number}"))

    assert sorted(won) == [False] * (RACERS - 1) + [True]
    assert len(list(store.audit.rows())) == 1


def test_two_deliveries(store: Store) -> None:
    """Another delivery of the same content is another delivery."""
    assert (act(store, "one", "row-1"), act(store, "two", "row-2")) == (True, True)


def test_no_effect_no_row(store: Store) -> None:
    """What ends in an error before it had its effect is not known, so its copy is handled."""
    with pytest.raises(RuntimeError), handling("key", NOW), store.transaction():
        raise RuntimeError("The process died here.")

    assert not store.deliveries.had_effect("key")
    assert act(store, "key", "row-1")
    assert store.deliveries.had_effect("key")


def test_several_transactions(store: Store) -> None:
    """One delivery may have its effect in several transactions, and in one inside another."""
    with handling("key", NOW):
        for name in ("row-1", "row-2"):
            with store.transaction(), store.transaction():
                store.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=NOW)

    assert len(list(store.audit.rows())) == 2


def test_forgotten(store: Store) -> None:
    """A delivery is forgotten by its age."""
    act(store, "key", "row-1")

    assert (store.deliveries.any_before(NOW), store.deliveries.forget(NOW)) == (False, 0)
    assert (store.deliveries.any_before(SOON), store.deliveries.forget(SOON)) == (True, 1)
