"""`audit verify`: what holds, what does not, and what it says of a hash that somebody kept."""

import pytest

from bot.events import AuditEvent
from storage import open_store
from tests.cli.terminal import Terminal
from tests.cli.test_records import change, record
from tests.domain.nouns import NOW


def test_verify(terminal: Terminal) -> None:
    """An untouched audit ends with 0 and prints how many rows it has and the last hash, which can be expected later."""
    record(terminal)
    said = terminal.run("audit", "verify")
    kept = said.out.split()[-1]
    again = terminal.run("audit", "verify", "--expect", kept)

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("The audit holds: 7 rows. Hash of the last: ")
    assert (again.code, again.out) == (0, said.out)


FORGED = (
    "INSERT INTO audit (id, at, event, actor, details) VALUES ('forged', '2026-01-01', 'request:approve', 'U', '{}')"
)
ALTERED = {
    "words": (["UPDATE audit SET actor = 'USOMEBODY' WHERE seq = 4"], "Row 4 (row-03) was altered. The 3 rows before"),
    "bytes": (["UPDATE audit SET actor = X'00FF' WHERE seq = 4"], "Row 4 (row-03) was altered."),
    "no UTF-8": (["UPDATE audit SET actor = CAST(X'FF' AS TEXT) WHERE seq = 4"], "Row 4 (row-03) was altered."),
    "a number": (["UPDATE audit SET seq = 'x' WHERE seq = 4"], "Row 4 is missing; row 5 stands in its place."),
    "details": (["UPDATE audit SET details = 'changed' WHERE seq = 4"], "Row 4 (row-03) was altered."),
    "an order to the terminal": (
        ["UPDATE audit SET id = CAST(X'1B5B324B' AS TEXT) || 'The audit holds' WHERE seq = 4"],
        "Row 4 ('\\x1b[2KThe audit holds') was altered.",
    ),
    "the head gone": (
        ["UPDATE audit SET actor = 'U' WHERE seq = 4", "DELETE FROM audit_head"],
        "Row 4 (row-03) was altered.",
    ),
    "the head of another kind": (
        ["UPDATE audit_head SET seq = 'x'"],
        "The record of where the audit begins and ends was altered.",
    ),
    "a row without a number": ([FORGED], "A row without a number (forged) was put beside the others."),
}


@pytest.mark.parametrize("what", sorted(ALTERED))
def test_altered(terminal: Terminal, what: str) -> None:
    """Whatever was changed by hand is named in one line, every time; the exit code is 1."""
    record(terminal)
    statements, words = ALTERED[what]
    change(terminal, *statements)
    said, again = terminal.run("audit", "verify"), terminal.run("audit", "verify")

    assert (said.code, said.err) == (1, "")
    assert said.out.startswith(f"The audit does not hold. {words}")
    assert again == said


def test_another_hash(terminal: Terminal) -> None:
    """A hash that is not in a chain of which nothing was removed: the chain was written anew."""
    record(terminal)
    said = terminal.run("audit", "verify", "--expect", "0" * 64)

    assert (said.code, said.err) == (1, "")
    assert said.out == (
        "The audit holds together, but the expected hash is not in it: it was written anew as a whole.\n"
    )


def test_a_hash_from_before_the_removal_of_old_rows(terminal: Terminal) -> None:
    """Where old rows were removed, a hash that is not there may be of one of them: nobody is accused."""
    record(terminal)
    store = open_store(terminal.environment["DATABASE_URL"])
    kept = [row["hash"] for row in store.audit.rows()]
    with store.transaction():
        removed, last = store.audit.cut(3)
        store.audit.add("cut", AuditEvent.AUDIT_CUT, "bot", now=NOW, details={"up_to": 3, "hash": last})
    store.close()
    old, last_cut, newer = (terminal.run("audit", "verify", "--expect", kept[place]) for place in (0, 2, 3))

    assert removed == 3
    assert (old.code, last_cut.code, newer.code) == (1, 0, 0)
    assert old.out == (
        "The audit holds together, but the expected hash is not in it. Either it is of one of the first 3 rows, which"
        " were removed when they were old: expect a newer one. Or it is newer than that, and the audit was written anew"
        " as a whole.\n"
    )
