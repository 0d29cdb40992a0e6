"""The chain of the audit: whatever is altered, removed or reordered is found, and so is a chain written anew."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.events import AuditEvent
from storage import Store, chain, open_store
from storage.chain import CONTENT, Head
from storage.database import Row
from tests.domain.nouns import NOW
from tests.storage.races import race

ROWS = 6


def write(store: Store, count: int = ROWS, start: int = 1) -> None:
    """Write some rows."""
    with store.transaction():
        for number in range(start, start + count):
            store.audit.add(
                f"row-{number}",
                AuditEvent.REQUEST_DENY,
                "UGRACE",
                now=NOW + timedelta(days=number),
                request_id="REQ-1",
                details={"reason": f"„{number}“"},
            )


def test_an_untouched_audit(store: Store) -> None:
    """An audit that nobody touched verifies, with the number of its rows and the hash of the last."""
    write(store)
    proof = store.audit.verify()

    assert (proof.rows, proof.fault) == (ROWS, None)
    assert proof.hash == store.audit.head().hash
    assert len(proof.hash) == 64


def test_an_empty_audit(store: Store) -> None:
    """An audit without a row verifies as well."""
    assert store.audit.verify() == chain.Proof(rows=0, hash="")


def test_numbers_without_a_gap(store: Store) -> None:
    """Eight threads that write at once leave one chain, numbered without a gap."""
    race(lambda number: write(store, 5, start=number * 5))
    numbers = [row["seq"] for row in store.audit.rows()]

    assert numbers == list(range(1, 41))
    assert store.audit.verify().fault is None


def test_several_instances_write_one_chain(store: Store, url: str) -> None:
    """Instances that write at once leave one chain."""
    others = [open_store(url) for _ in range(4)]
    race(lambda number: write(others[number % 4], 5, start=number * 5))
    for other in others:
        other.close()

    assert store.audit.verify() == chain.Proof(rows=40, hash=store.audit.head().hash)


@pytest.mark.parametrize("column", [name for name in CONTENT if name != "seq"])
def test_an_altered_row(store: Store, column: str) -> None:
    """A row of which any column was changed is named."""
    write(store)
    store.database.run(f"UPDATE audit SET {column} = 'changed' WHERE seq = 3")  # noqa: S608 - a column of ours

    assert store.audit.verify().fault == f"Row 3 ({'changed' if column == 'id' else 'row-3'}) was altered."


@pytest.mark.parametrize(
    ("seq", "words"),
    [
        (1, "Row 1 is missing; row 2 stands in its place."),
        (4, "Row 4 is missing; row 5 stands in its place."),
        (ROWS, f"Rows were removed from the end: the last is {ROWS - 1}, and {ROWS} were written."),
    ],
)
def test_a_removed_row(store: Store, seq: int, words: str) -> None:
    """A row that was taken out is missed, wherever it stood."""
    write(store)
    store.database.run("DELETE FROM audit WHERE seq = :seq", seq=seq)

    assert store.audit.verify().fault == words


def test_everything_removed(store: Store) -> None:
    """An audit that was emptied is found as well."""
    write(store)
    store.database.run("DELETE FROM audit")

    assert store.audit.verify().fault == f"Rows were removed from the end: the last is 0, and {ROWS} were written."


def test_a_chain_written_anew(store: Store) -> None:
    """A chain that somebody rewrote as a whole verifies by itself, but has not the hash that was kept elsewhere."""
    write(store)
    kept = store.audit.head().hash
    whole = store.audit.verify(kept)
    store.database.run("DELETE FROM audit")
    store.database.run("DELETE FROM audit_head")
    write(store, ROWS - 1)
    rewritten = store.audit.verify(kept)

    assert (whole.fault, whole.expected_found) == (None, True)
    assert (rewritten.fault, rewritten.expected_found) == (None, False)


def test_an_older_hash_is_found(store: Store) -> None:
    """A hash that was kept some time ago is still in the chain after more was written."""
    write(store)
    kept = store.audit.head().hash
    write(store, start=ROWS + 1)

    assert store.audit.verify(kept).expected_found


def test_rows_from_before_the_chain(store: Store) -> None:
    """Rows that an older version wrote are chained once, in the order of their time, and what follows goes on."""
    for number in (2, 1):
        store.database.run(
            "INSERT INTO audit (id, at, event, actor, details) VALUES (:id, :at, 'request:deny', 'UGRACE', '{}')",
            id=f"old-{number}",
            at=f"2026-01-0{number}T00:00:00.000000Z",
        )
    store.migrate(NOW)
    store.migrate(NOW)
    write(store, 1)

    assert [(row["seq"], row["id"]) for row in store.audit.rows()] == [(1, "old-1"), (2, "old-2"), (3, "row-1")]
    assert store.audit.verify().fault is None


def cut(store: Store, *, told: bool) -> None:
    """Remove the first three rows, and write the row that tells of it or not."""
    with store.transaction():
        removed, last = store.audit.cut(3)
        assert removed == 3
        if told:
            store.audit.add("cut", AuditEvent.AUDIT_CUT, "bot", now=NOW, details={"up_to": 3, "hash": last})


def test_old_rows_removed_by_the_bot(store: Store) -> None:
    """After old rows were removed, with a row that tells of it, everything that is left still verifies."""
    write(store)
    last = [row["hash"] for row in store.audit.rows()][2]
    cut(store, told=True)

    assert store.audit.verify().fault is None
    assert store.audit.verify(last).expected_found
    assert store.audit.verify().rows == ROWS - 3 + 1


def test_what_was_counted_stays_counted(store: Store) -> None:
    """How often something happened does not go down when old rows are removed, however often that is."""
    write(store)
    counts = [store.audit.times(AuditEvent.REQUEST_DENY)]
    cut(store, told=True)
    counts.append(store.audit.times(AuditEvent.REQUEST_DENY))
    store.audit.cut(store.audit.head().seq)
    counts.append(store.audit.times(AuditEvent.REQUEST_DENY))
    write(store, 2, start=ROWS + 1)
    counts.append(store.audit.times(AuditEvent.REQUEST_DENY))

    assert counts == [ROWS, ROWS, ROWS, ROWS + 2]
    assert (store.audit.times(AuditEvent.AUDIT_CUT), store.audit.times(AuditEvent.LINK_ARM)) == (1, 0)


def test_old_rows_removed_by_somebody_else(store: Store) -> None:
    """When old rows are gone and no row tells of it, that is found, though the head was changed to hide it."""
    write(store)
    cut(store, told=False)

    assert store.audit.verify().fault == "Rows up to 3 were removed, and no row tells of it."


def test_where_old_rows_end(store: Store) -> None:
    """What is older than a moment ends before the first row that is not; without such a row it is all of them."""
    write(store)

    assert store.audit.end_of(NOW + timedelta(days=4)) == 3
    assert store.audit.end_of(NOW) == 0
    assert store.audit.end_of(NOW + timedelta(days=99)) == ROWS
    assert store.audit.end_of(NOW + timedelta(days=4), within=2) == 2
    assert store.audit.end_of(NOW + timedelta(days=4), within=ROWS) == 3
    assert store.audit.end_of(NOW, within=2) == 0


def chained(contents: list[str]) -> list[Row]:
    """A chain of rows with these details."""
    rows: list[Row] = []
    for number, content in enumerate(contents, start=1):
        row = {**dict.fromkeys(CONTENT, "x"), "seq": number, "id": f"row-{number}", "details": content}
        rows.append({**row, "hash": chain.link(rows[-1]["hash"] if rows else "", row)})
    return rows


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(contents=st.lists(st.text(), min_size=2, max_size=12), data=st.data())
def test_any_single_change_is_found(contents: list[str], data: st.DataObject) -> None:
    """Whatever single row is altered, removed or swapped with another, with any columns: it is found."""
    rows = chained(contents)
    head = Head(seq=len(rows), hash=rows[-1]["hash"], cut_seq=0, cut_hash="")
    assert chain.verify(rows, head).fault is None
    place = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(st.integers(0, len(rows) - 1).filter(lambda number: number != place))
    column = data.draw(st.sampled_from([*CONTENT, "hash"]))
    altered = [dict(row) for row in rows]
    altered[place][column] = 10**6 if column == "seq" else f"{altered[place][column]}!"
    swapped = list(rows)
    swapped[place], swapped[other] = rows[other], rows[place]
    renumbered = [{**row, "seq": number} for number, row in enumerate(swapped, start=1)]
    removed = [*rows[:place], *rows[place + 1 :]]

    assert [chain.verify(changed, head).fault for changed in (altered, swapped, renumbered, removed)].count(None) == 0


@given(st.lists(st.text(), min_size=2, max_size=6))
def test_every_row_has_its_own_hash(contents: list[str]) -> None:
    """Two rows never share a hash, be their words alike: each holds what went before it."""
    hashes = [row["hash"] for row in chained(contents)]

    assert all(one != other for one, other in pairwise(hashes))
    assert len(set(hashes)) == len(hashes)
