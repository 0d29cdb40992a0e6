"""The audit: one row for every state change and every look at a secret, written with what it tells of, and chained."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

from bot.events import AuditEvent
from storage import chain, codec
from storage.chain import CONTENT, Head, Proof
from storage.database import Database, Row

COLUMNS = (*CONTENT, "hash")
_VALUES = ", ".join(f":{name}" for name in COLUMNS)
EVERY_ROW = 2**62


class Audit:
    """The table of what happened; rows are added and read, never changed, and removed from the old end only."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(  # noqa: PLR0913 - one keyword per column of the row
        self,
        entry_id: str,
        event: AuditEvent,
        actor: str,
        *,
        now: datetime,
        request_id: str | None = None,
        application_id: str | None = None,
        link_id: str | None = None,
        details: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        """Write one row. `actor` is a Slack user id, or `bot`, or `browser`."""
        row = {
            "id": entry_id,
            "at": codec.to_text(now),
            "event": event.value,
            "actor": actor,
            "request_id": request_id,
            "application_id": application_id,
            "link_id": link_id,
            "details": json.dumps(dict(details or {}), sort_keys=True),
        }
        # There is one writer at a time, so that no two rows can follow the same one.
        with self._db.transaction():
            chained = self._chained(row)
            self._db.run(f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({_VALUES})", **chained)

    def _chained(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Give a row its number and its hash, and move the head to it."""
        head = self.head()
        numbered = {**row, "seq": head.seq + 1}
        made = chain.link(head.hash, numbered)
        self._db.run(
            "INSERT INTO audit_head (only_row, seq, hash, cut_seq, cut_hash) VALUES (1, :seq, :hash, 0, '')"
            " ON CONFLICT (only_row) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
            seq=head.seq + 1,
            hash=made,
        )
        return {**numbered, "hash": made}

    def head(self) -> Head:
        """Return where the chain ends, and where it begins."""
        row = self._db.one("SELECT seq, hash, cut_seq, cut_hash FROM audit_head WHERE only_row = 1")
        return Head(**row) if row else Head(seq=0, hash="", cut_seq=0, cut_hash="")

    def rows(self, *, since: datetime | None = None, batch: int = 1000) -> Iterator[Row]:
        """Yield every row in the order in which they were written, a batch at a time, from `since` on."""
        at = codec.to_text(since) if since else ""
        first = self._db.one("SELECT MIN(seq) AS seq FROM audit WHERE at >= :at", at=at) if at else None
        seq = (first["seq"] or self.head().seq + 1) - 1 if first else 0
        while True:
            rows = self._db.all(
                f"SELECT {', '.join(COLUMNS)} FROM audit WHERE seq > :seq AND at >= :at ORDER BY seq LIMIT :batch",
                seq=seq,
                at=at,
                batch=batch,
            )
            yield from rows
            if len(rows) < batch:
                return
            seq = rows[-1]["seq"]

    def count(self) -> int:
        """Return how many rows there are."""
        row = self._db.one("SELECT COUNT(*) AS n FROM audit")
        return row["n"] if row else 0

    def times(self, event: AuditEvent) -> int:
        """Return how often something happened since the beginning, also where the rows that told of it are gone."""
        # One question, so that no cut falls between its parts: what is counted never goes down.
        row = self._db.one(
            "SELECT (SELECT COUNT(*) FROM audit WHERE event = :event)"
            " + COALESCE((SELECT times FROM audit_removed WHERE event = :event), 0) AS n",
            event=event.value,
        )
        return row["n"] if row else 0

    def verify(self, expected: str | None = None, tell: Callable[[int], None] = lambda _: None) -> Proof:
        """Walk along the chain, see `storage.chain.verify`; `tell` hears of so many rows as they are read."""
        # What is written meanwhile stands behind the head that is read first.
        head = self.head()

        def written() -> Iterator[Row]:
            for row in takewhile(lambda row: row["seq"] <= head.seq, self.rows()):
                yield row
                tell(1)

        return chain.verify(written(), head, expected)

    def chain_older(self) -> int:
        """Number and chain the rows that were written before rows were chained; return how many."""
        if self._db.one("SELECT id FROM audit WHERE seq IS NULL LIMIT 1") is None:
            return 0
        with self._db.transaction():
            older = self._db.all("SELECT * FROM audit WHERE seq IS NULL ORDER BY at, id")
            for row in older:
                chained = self._chained(row)
                self._db.run("UPDATE audit SET seq = :seq, hash = :hash WHERE id = :id", **_named(chained))
        return len(older)

    def end_of(self, before: datetime, *, within: int = EVERY_ROW) -> int:
        """Return the number of the last row of those at the beginning that are all older than a moment; 0 for none.

        With `within` no more than so many rows are looked at, and the number is one of theirs.
        """
        row = self._db.one(
            "SELECT MIN(CASE WHEN at >= :before THEN seq END) AS younger, MAX(seq) AS last"
            " FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT :within) AS oldest",
            before=codec.to_text(before),
            within=within,
        )
        younger, last = (row["younger"], row["last"]) if row else (None, None)
        return younger - 1 if younger else last or self.head().seq

    def cut(self, up_to: int) -> tuple[int, str]:
        """Remove the rows up to a number; return how many, and the hash of the last of them.

        The caller writes in the same transaction the row that tells of it, without which the chain does not verify.
        """
        row = self._db.one("SELECT hash FROM audit WHERE seq = :seq", seq=up_to)
        if row is None:
            return 0, ""
        self._keep_counts(up_to)
        removed = self._db.run("DELETE FROM audit WHERE seq <= :seq", seq=up_to)
        self._db.run(
            "UPDATE audit_head SET cut_seq = :seq, cut_hash = :hash WHERE only_row = 1", seq=up_to, hash=row["hash"]
        )
        return removed, row["hash"]

    def _keep_counts(self, up_to: int) -> None:
        """Keep how often each thing happened in the rows up to a number, which go."""
        rows = self._db.all("SELECT event FROM audit WHERE seq <= :seq", seq=up_to)
        for event, times in Counter(row["event"] for row in rows).items():
            self._db.run(
                "INSERT INTO audit_removed (event, times) VALUES (:event, :times)"
                " ON CONFLICT (event) DO UPDATE SET times = audit_removed.times + excluded.times",
                event=event,
                times=times,
            )


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("seq", "hash", "id")}
