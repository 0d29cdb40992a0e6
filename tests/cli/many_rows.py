"""An audit of many rows, written faster than the bot would, and chained as it does."""

import secrets
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import psycopg

from storage import SQLITE, chain, open_store
from storage.audit import COLUMNS
from storage.codec import to_text
from tests.domain.nouns import NOW

HEAD = "INSERT INTO audit_head (only_row, seq, hash, cut_seq, cut_hash) VALUES (1, {}, '{}', 0, '')"


def fill(url: str, count: int) -> None:
    """Bring an empty database up to date and write so many audit rows."""
    store = open_store(url)
    store.migrate(NOW)
    store.close()
    rows = list(_rows(count))
    head = HEAD.format(count, rows[-1][-1])
    if url.startswith(SQLITE):
        file = sqlite3.connect(url.removeprefix(SQLITE))
        file.executemany(f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", rows)  # noqa: S608 - columns of ours
        file.execute(head)
        file.commit()
        file.close()
        return
    with psycopg.connect(url) as server:
        with server.cursor().copy(f"COPY audit ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        server.execute(head)


def _rows(count: int) -> Iterator[tuple[object, ...]]:
    previous = ""
    for seq in range(1, count + 1):
        row = {
            "seq": seq,
            "id": f"{seq:012}{secrets.token_hex(4)}",
            "at": to_text(NOW + timedelta(seconds=seq)),
            "event": "link:arm",
            "actor": f"U{seq % 5000:08}",
            "request_id": f"REQ-{seq % 9999:08}",
            "application_id": f"app-{seq % 9999}",
            "link_id": f"link-{seq}",
            "details": f'{{"key_id": "{"x" * 36}"}}',
        }
        previous = chain.link(previous, row)
        yield tuple({**row, "hash": previous}[name] for name in COLUMNS)
