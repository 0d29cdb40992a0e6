"""What a migration does that SQL alone cannot; it joins the transaction of the migration."""

from storage import chain
from storage.database import Database

BATCH = 1000


def begin_chain(database: Database) -> None:
    """Number and chain the audit rows that were written before rows were chained, in the order of their time.

    Where a chain has begun there are none: a row without a number was put beside it by somebody else, is left as it
    is, and is found by whoever verifies the audit.
    """
    if _has_begun(database):
        return
    seq, previous = 0, ""
    older = f"SELECT * FROM audit WHERE seq IS NULL ORDER BY at, id LIMIT {BATCH}"
    while rows := database.all(older):
        for row in rows:
            seq += 1
            previous = chain.link(previous, {**row, "seq": seq})
            number = "UPDATE audit SET seq = :seq, hash = :hash WHERE id = :id"
            database.run(number, seq=seq, hash=previous, id=row["id"])
    if seq:
        database.run(
            "INSERT INTO audit_head (only_row, seq, hash, cut_seq, cut_hash) VALUES (1, :seq, :hash, 0, '')",
            seq=seq,
            hash=previous,
        )


def _has_begun(database: Database) -> bool:
    looks = ("SELECT seq FROM audit_head", "SELECT seq FROM audit WHERE seq IS NOT NULL LIMIT 1")
    return any(database.one(look) is not None for look in looks)
