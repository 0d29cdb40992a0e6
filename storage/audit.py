"""The audit: one row for every state change and every look at a secret, written with what it tells of, and chained."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.events import AuditEvent
from storage import chain, codec
from storage.chain import CONTENT, Head, Proof, Walk
from storage.database import Database, Row

COLUMNS = (*CONTENT, "hash")
_VALUES = ", ".join(f":{name}" for name in COLUMNS)
BATCH = 1000
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
        """Write one row. `actor` is a Slack user id, or `bot`, or `browser`.

        A row about an application names the request that it came of: from it an auditor finds who asked and who agreed.
        """
        row = {
            "id": entry_id,
            "at": codec.to_text(now),
            "event": event.value,
            "actor": actor,
            "application_id": application_id,
            "link_id": link_id,
            "details": json.dumps(dict(details or {}), sort_keys=True),
        }
        # There is one writer at a time, so that no two rows can follow the same one.
        with self._db.transaction():
            chained = self._chained({**row, "request_id": request_id or self._request_of(application_id)})
            self._db.run(f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({_VALUES})", **chained)

    def _request_of(self, application_id: str | None) -> str | None:
        if application_id is None:
            return None
        row = self._db.one("SELECT request_id FROM applications WHERE id = :id", id=application_id)
        return row["request_id"] if row else None

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

    def rows(self, *, since: datetime | None = None, after: int | None = None, batch: int = BATCH) -> Iterator[Row]:
        """Yield the rows in the order of their numbers, a batch at a time: all, from a moment on, or after a number."""
        at = codec.to_text(since) if since else ""
        bound, seq = "IS NOT NULL" if after is None else "> :seq", after
        if since is not None:
            first = self._db.one("SELECT MIN(seq) AS seq FROM audit WHERE at >= :at", at=at)
            bound, seq = ">= :seq", first["seq"] if first else None
        while True:
            rows = self._db.all(
                f"SELECT {', '.join(COLUMNS)} FROM audit WHERE seq {bound} AND at >= :at ORDER BY seq LIMIT :batch",
                seq=seq,
                at=at,
                batch=batch,
            )
            yield from rows
            if len(rows) < batch:
                return
            bound, seq = "> :seq", rows[-1]["seq"]

    def count(self, *, since: datetime | None = None) -> int:
        """Return how many rows there are, or have been written since a moment."""
        at = codec.to_text(since) if since else ""
        row = self._db.one("SELECT COUNT(*) AS n FROM audit WHERE at >= :at", at=at)
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

    def verify(
        self, expected: str | None = None, tell: Callable[[int], None] = lambda _: None, *, batch: int = BATCH
    ) -> Proof:
        """Walk along the chain, see `storage.chain.Walk`; `tell` hears of so many rows as they are read.

        Others write meanwhile, and once a day old rows are removed: the walk begins anew then.
        """
        while True:
            begin = self.head()
            proof = self._walked(Walk(begin, expected), tell, batch)
            if self.head().cut_seq == begin.cut_seq:
                return proof
            tell(-proof.rows)

    def _walked(self, walk: Walk, tell: Callable[[int], None], batch: int) -> Proof:
        while True:
            # When no row is left after this head was read, it is the head of the last row.
            head, before = self.head(), walk.rows
            for row in self.rows(after=walk.seq if walk.rows else None, batch=batch):
                if not walk.follow(row):
                    return walk.end(head)
                tell(1)
            if walk.rows == before:
                proof = walk.end(head)
                return replace(proof, fault=proof.fault or self._fault_beside(walk))

    def _fault_beside(self, walk: Walk) -> str | None:
        """Say what stands in the table that a walk from number to number passes by."""
        row = self._db.one("SELECT id FROM audit WHERE seq IS NULL LIMIT 1")
        if row is not None:
            return f"A row without a number ({chain.shown(row['id'])}) was put beside the others."
        row = self._db.one("SELECT COUNT(*) AS n FROM audit WHERE seq <= :seq", seq=walk.seq)
        if row is not None and row["n"] != walk.rows:
            return f"Up to row {walk.seq} there are {row['n']} rows, some with the same number."
        return None

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
