"""The chain of the audit: whatever is altered, removed or reordered is found, and so is a chain written anew."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.events import AuditEvent
from storage import Store, chain, migrations, open_store
from storage.audit import Audit
from storage.chain import CONTENT, Head, Proof, Walk
from storage.codec import to_text
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
    assert store.audit.verify() == Proof(rows=0, hash="")


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

    assert store.audit.verify() == Proof(rows=40, hash=store.audit.head().hash)


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


FORGED = (
    "INSERT INTO audit (id, at, event, actor, details)"
    " VALUES ('forged', '2026-01-01T00:00:00.000000Z', 'request:approve', 'UMALLORY', '{}')"
)
WAYS_AT_THE_END = {
    "a row altered, the head gone": (
        ["UPDATE audit SET actor = 'UMALLORY' WHERE seq = 3", "DELETE FROM audit_head"],
        "Row 3 (row-3) was altered.",
    ),
    "the head gone": (["DELETE FROM audit_head"], "The audit is recorded to end with row 0, and row 6 is there."),
    "rows altered behind a head that was moved before them": (
        [
            "UPDATE audit SET actor = 'UMALLORY' WHERE seq > 3",
            "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)",
        ],
        "Row 4 (row-4) was altered.",
    ),
    "rows behind the head": (
        ["UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)"],
        "The audit is recorded to end with row 3, and row 6 is there.",
    ),
    "another hash in the head": (
        ["UPDATE audit_head SET hash = 'another'"],
        "The audit is recorded to end with another row 6 than the one that is there.",
    ),
    "a row before the first": (
        [FORGED, "UPDATE audit SET seq = -1 WHERE id = 'forged'"],
        "Row 1 is missing; row -1 stands in its place.",
    ),
    "a row without a number": ([FORGED], "A row without a number (forged) was put beside the others."),
}


@pytest.mark.parametrize("way", sorted(WAYS_AT_THE_END))
def test_nothing_stands_beside_the_chain(store: Store, way: str) -> None:
    """A row that the chain does not reach is found: behind the recorded end, before the beginning, or unnumbered."""
    write(store)
    statements, words = WAYS_AT_THE_END[way]
    for statement in statements:
        store.database.run(statement)
    first, again = store.audit.verify(), store.audit.verify()

    assert first.fault == words
    assert again == first


def test_two_rows_with_one_number(store: Store) -> None:
    """A row that was given the number of another is found also where the walk goes from one page to the next."""
    write(store)
    store.database.run("DROP INDEX audit_by_seq")
    store.database.run(FORGED)
    store.database.run("UPDATE audit SET seq = 3 WHERE id = 'forged'")
    faults = {store.audit.verify(batch=batch).fault for batch in (2, 3, 4, 1000)}

    assert None not in faults


def test_verifying_changes_nothing(store: Store) -> None:
    """What is wrong is not put right by who looks, nor by the next start."""
    write(store)
    store.database.run(FORGED)
    store.migrate(NOW)
    unnumbered = store.database.one("SELECT id FROM audit WHERE seq IS NULL")

    assert store.audit.verify().fault is not None
    assert unnumbered == {"id": "forged"}


def test_everybody_writes_meanwhile(store: Store, url: str) -> None:
    """What is written while somebody verifies is verified too, and is no fault."""
    write(store)
    other, later = open_store(url), iter(range(100, 103))

    def hear(_: int) -> None:
        for number in islice(later, 1):
            write(other, 1, start=number)

    proof = store.audit.verify(tell=hear)
    other.close()

    assert proof == Proof(rows=ROWS + 3, hash=store.audit.head().hash)


def old_rows(store: Store, *numbers: int) -> None:
    """Rows as they were before they were chained, one a day."""
    for number in numbers:
        store.database.run(
            "INSERT INTO audit (id, at, event, actor, details) VALUES (:id, :at, 'request:deny', 'UGRACE', '{}')",
            id=f"old-{number}",
            at=f"2026-01-0{number}T00:00:00.000000Z",
        )


def migrate_up_to(store: Store, number: int, *, without_step: int = 0) -> None:
    """Bring a database to where an earlier version left it, or died after the statements of its last migration."""
    store.database.run("CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)")
    for each, name, script in migrations.scripts():
        if each == without_step:
            for statement in migrations.statements(script):
                store.database.run(statement)
            store.database.run("INSERT INTO schema_migrations VALUES (:number, :name, '')", number=each, name=name)
        elif each <= number:
            migrations._apply(store.database, each, name, script, to_text(NOW))


OLD = [(1, "old-1"), (2, "old-2"), (3, "row-1")]


def test_rows_from_before_the_chain(empty: Store) -> None:
    """Rows that an older version wrote are chained once, in the order of their time, and what follows goes on."""
    migrate_up_to(empty, 4)
    old_rows(empty, 2, 1)
    empty.migrate(NOW)
    empty.migrate(NOW)
    write(empty, 1)

    assert [(row["seq"], row["id"]) for row in empty.audit.rows()] == OLD
    assert empty.audit.verify().fault is None


def test_died_before_it_chained(empty: Store) -> None:
    """Where a process of an earlier version died between the columns and the chain, the next start makes up for it."""
    migrate_up_to(empty, 4, without_step=5)
    old_rows(empty, 2, 1)
    empty.migrate(NOW)
    write(empty, 1)

    assert [(row["seq"], row["id"]) for row in empty.audit.rows()] == OLD
    assert empty.audit.verify().fault is None


def test_forged_before_the_upgrade(empty: Store) -> None:
    """A row that was put beside a chain is not taken into it by the upgrade that makes up for such a death."""
    migrate_up_to(empty, 5)
    write(empty, 2)
    empty.database.run(FORGED)
    empty.migrate(NOW)

    assert empty.audit.verify().fault == "A row without a number (forged) was put beside the others."


def cut(store: Store, *, told: bool = True, up_to: int = 3) -> None:
    """Remove the first rows, and write the row that tells of it or not."""
    with store.transaction():
        removed, last = store.audit.cut(up_to)
        assert removed
        if told:
            store.audit.add(
                f"cut-{up_to}", AuditEvent.AUDIT_CUT, "bot", now=NOW, details={"up_to": up_to, "hash": last}
            )


def test_old_rows_removed_by_the_bot(store: Store) -> None:
    """After old rows were removed, with a row that tells of it, everything that is left still verifies."""
    write(store)
    last = [row["hash"] for row in store.audit.rows()][2]
    cut(store)

    assert store.audit.verify().fault is None
    assert store.audit.verify(last).expected_found
    assert store.audit.verify().rows == ROWS - 3 + 1


@pytest.mark.parametrize("place", [1, 10, 29, 60])
@pytest.mark.parametrize("up_to", [5, 40])
def test_removed_while_somebody_verifies(store: Store, url: str, place: int, up_to: int) -> None:
    """The daily removal of old rows in the middle of a walk is no fault, wherever the walk was."""
    write(store, 60)
    other, seen = open_store(url), list[int]()

    def hear(count: int) -> None:
        seen.append(count)
        if len(seen) == place:
            cut(other, up_to=up_to)

    proof = store.audit.verify(tell=hear, batch=10)
    other.close()

    assert proof == Proof(rows=61 - up_to, hash=store.audit.head().hash, removed=up_to)
    assert sum(seen) == proof.rows


class Interrupted(Audit):
    """An audit of which old rows are removed at the worst moment: just after its head was read."""

    def head(self) -> Head:
        """Return the head as it was."""
        found = super().head()
        if found.cut_seq == 0:
            with self._db.transaction():
                _, last = self.cut(3)
                Audit(self._db).add("cut", AuditEvent.AUDIT_CUT, "bot", now=NOW, details={"up_to": 3, "hash": last})
        return found


def test_removed_when_the_head_was_read(store: Store) -> None:
    """The same between the look at the head and the first row."""
    write(store)
    proof = Interrupted(store.database).verify()

    assert (proof.rows, proof.removed, proof.fault) == (ROWS - 3 + 1, 3, None)


def test_a_kept_hash_of_a_row_that_was_removed(store: Store) -> None:
    """The hash at which old rows were cut is proven for ever by the row that tells of it; any other one is not."""
    write(store, 10)
    hashes = [row["hash"] for row in store.audit.rows()]
    cut(store, up_to=3)
    cut(store, up_to=5)
    proofs = [store.audit.verify(hashes[seq - 1]) for seq in (2, 3, 5, 6)]

    assert [proof.expected_found for proof in proofs] == [False, True, True, True]
    assert {(proof.fault, proof.removed) for proof in proofs} == {(None, 5)}


def test_what_was_counted_stays_counted(store: Store) -> None:
    """How often something happened does not go down when old rows are removed, however often that is."""
    write(store)
    counts = [store.audit.times(AuditEvent.REQUEST_DENY)]
    cut(store, up_to=3)
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


def fault_of(rows: Sequence[Row], head: Head) -> str | None:
    """What a walk along rows finds."""
    walk = Walk(head)
    for row in rows:
        walk.follow(row)
    return walk.end(head).fault


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(contents=st.lists(st.text(), min_size=2, max_size=12), data=st.data())
def test_any_single_change_is_found(contents: list[str], data: st.DataObject) -> None:
    """Whatever single row is altered, removed or swapped with another, with any columns: it is found."""
    rows = chained(contents)
    head = Head(seq=len(rows), hash=rows[-1]["hash"], cut_seq=0, cut_hash="")
    assert fault_of(rows, head) is None
    place = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw(st.integers(0, len(rows) - 1).filter(lambda number: number != place))
    column = data.draw(st.sampled_from([*CONTENT, "hash"]))
    altered = [dict(row) for row in rows]
    altered[place][column] = 10**6 if column == "seq" else f"{altered[place][column]}!"
    swapped = list(rows)
    swapped[place], swapped[other] = rows[other], rows[place]
    renumbered = [{**row, "seq": number} for number, row in enumerate(swapped, start=1)]
    removed = [*rows[:place], *rows[place + 1 :]]

    assert [fault_of(changed, head) for changed in (altered, swapped, renumbered, removed)].count(None) == 0


@given(st.lists(st.text(), min_size=2, max_size=6))
def test_every_row_has_its_own_hash(contents: list[str]) -> None:
    """Two rows never share a hash, be their words alike: each holds what went before it."""
    hashes = [row["hash"] for row in chained(contents)]

    assert all(one != other for one, other in pairwise(hashes))
    assert len(set(hashes)) == len(hashes)
