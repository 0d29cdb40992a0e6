"""How audit rows are chained: each holds a hash of its own content and of the row before it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from storage.database import Row

# What a row says, in the order in which it is hashed; the last column of a row, its hash, is made of these.
CONTENT = ("seq", "id", "at", "event", "actor", "request_id", "application_id", "link_id", "details")
# The event of a row that tells of removed rows, and the two details that prove where the chain begins now.
CUT = "audit:cut"


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


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a walk along the chain found: how many rows hold, the last hash, and the first thing that does not hold."""

    rows: int
    hash: str
    fault: str | None = None
    expected_found: bool = True


def verify(rows: Iterable[Row], head: Head, expected: str | None = None) -> Proof:
    """Walk along the chain and find the first row that was altered, removed or reordered.

    `expected` is a hash that somebody kept elsewhere: a chain that was written anew as a whole does not have it.
    """
    seq, previous, count = head.cut_seq, head.cut_hash, 0
    begins_rightly, expected_found = head.cut_seq == 0, expected in {None, head.cut_hash}
    for row in rows:
        if row["seq"] != seq + 1:
            return Proof(rows=count, hash=previous, fault=_gap(seq + 1, row["seq"]))
        if row["hash"] != link(previous, row):
            return Proof(rows=count, hash=previous, fault=f"Row {row['seq']} ({row['id']}) was altered.")
        seq, previous, count = row["seq"], row["hash"], count + 1
        begins_rightly = begins_rightly or _tells_of_cut(row, head)
        expected_found = expected_found or row["hash"] == expected
    fault = _fault_at_the_ends(seq, previous, head, begins_rightly=begins_rightly)
    return Proof(rows=count, hash=previous, fault=fault, expected_found=expected_found)


def _gap(wanted: int, found: int) -> str:
    return f"Row {wanted} is missing; row {found} stands in its place."


def _tells_of_cut(row: Row, head: Head) -> bool:
    if row["event"] != CUT:
        return False
    details = json.loads(row["details"])
    return (details.get("up_to"), details.get("hash")) == (head.cut_seq, head.cut_hash)


def _fault_at_the_ends(seq: int, last: str, head: Head, *, begins_rightly: bool) -> str | None:
    if (seq, last) != (head.seq, head.hash):
        return f"Rows were removed from the end: the last is {seq}, and {head.seq} were written."
    if not begins_rightly:
        return f"Rows up to {head.cut_seq} were removed, and no row tells of it."
    return None
