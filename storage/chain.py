"""How audit rows are chained: each holds a hash of its own content and of the row before it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from storage.database import Row

# What a row says, in the order in which it is hashed; the last column of a row, its hash, is made of these.
CONTENT = ("seq", "id", "at", "event", "actor", "request_id", "application_id", "link_id", "details")
# The event of a row that tells of removed rows, and the two details that prove where the chain begins now.
CUT = "audit:cut"
# So much of what somebody put into a row is shown to whoever asks what is wrong with it.
SHOWN = 60


def link(previous: str, row: Row) -> str:
    """Return the hash of a row that follows one with the hash `previous`: SHA-256 over canonical JSON, in hex."""
    content = [previous, *(row[name] for name in CONTENT)]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where the chain ends, and after which row it begins: 0 and no hash before anything was written or removed."""

    seq: int
    hash: str
    cut_seq: int
    cut_hash: str

    @property
    def is_sound(self) -> bool:
        """Whether its values are of the kinds that are written here; SQLite keeps any kind in any column."""
        numbers, hashes = (self.seq, self.cut_seq), (self.hash, self.cut_hash)
        return all(type(value) is int for value in numbers) and all(type(value) is str for value in hashes)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a walk along the chain found: how many rows hold, the last hash, and the first thing that does not hold.

    `removed` is the number of the last row that was removed for its age, without which nothing can be said of it.
    """

    rows: int
    hash: str
    removed: int = 0
    fault: str | None = None
    expected_found: bool = True


class Walk:
    """A walk along the chain, row by row, to the first that was altered, removed or reordered.

    `expected` is a hash that somebody kept elsewhere: a chain that was written anew as a whole does not have it.
    """

    def __init__(self, begin: Head, expected: str | None = None) -> None:
        self._begin = begin
        self._expected = expected
        self._expected_found = expected in {None, begin.cut_hash}
        self._tells_of_begin = begin.cut_seq == 0
        self._hash = begin.cut_hash
        self.seq = begin.cut_seq
        self.rows = 0
        self.fault = None if begin.is_sound else "The record of where the audit begins and ends was altered."

    def follow(self, row: Row) -> bool:
        """Take one row more; False when it does not hold, and from then on."""
        if self.fault is None:
            self.fault = self._fault_of(row)
        if self.fault is not None:
            return False
        self.seq, self._hash, self.rows = row["seq"], row["hash"], self.rows + 1
        self._expected_found = self._expected_found or row["hash"] == self._expected
        if row["event"] == CUT:
            self._hear_of_cut(row)
        return True

    def _fault_of(self, row: Row) -> str | None:
        if row["seq"] != self.seq + 1:
            return f"Row {self.seq + 1} is missing; row {shown(row['seq'])} stands in its place."
        if row["hash"] != _link_or_none(self._hash, row):
            return f"Row {row['seq']} ({shown(row['id'])}) was altered."
        return None

    def _hear_of_cut(self, row: Row) -> None:
        told = _cut_of(row)
        self._tells_of_begin = self._tells_of_begin or told == (self._begin.cut_seq, self._begin.cut_hash)
        # A hash that was kept of a row which is gone is proven by the row that tells of its removal.
        self._expected_found = self._expected_found or told[1] == self._expected

    def end(self, head: Head) -> Proof:
        """Say what was found, when no row is left and the chain is to end at this head."""
        if self.fault is None:
            self.fault = self._fault_at_the_ends(head)
        return Proof(
            rows=self.rows,
            hash=self._hash,
            removed=self._begin.cut_seq if self._begin.is_sound else 0,
            fault=self.fault,
            expected_found=self._expected_found,
        )

    def _fault_at_the_ends(self, head: Head) -> str | None:
        if not head.is_sound:
            return "The record of where the audit begins and ends was altered."
        if head.seq > self.seq:
            return f"Rows were removed from the end: the last is {self.seq}, and {head.seq} were written."
        if head.seq < self.seq:
            return f"The audit is recorded to end with row {head.seq}, and row {self.seq} is there."
        if head.hash != self._hash:
            return f"The audit is recorded to end with another row {self.seq} than the one that is there."
        if not self._tells_of_begin:
            return f"Rows up to {self._begin.cut_seq} were removed, and no row tells of it."
        return None


def shown(value: object) -> str:
    """Return what somebody may have put into a row so that a terminal takes it for nothing but text."""
    text = str(value)
    return (text if text.isprintable() else ascii(value))[:SHOWN]


def _link_or_none(previous: str, row: Row) -> str | None:
    """Return the hash that a row should have; None where it holds what was never written here, such as bytes."""
    try:
        return link(previous, row)
    except (TypeError, ValueError):
        return None


def _cut_of(row: Row) -> tuple[Any, Any]:
    """Return up to which row one was told to have been removed, and the hash of that."""
    try:
        details = json.loads(row["details"])
        return details["up_to"], details["hash"]
    except (TypeError, ValueError, KeyError):
        return None, None
