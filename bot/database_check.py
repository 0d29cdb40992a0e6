"""`register-app check` of the database: whether it can be used, without making one where there is none."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.checks import Finding, fault, ok, warning
from bot.errors import StorageUnavailable
from bot.events import AuditEvent
from storage import Store, is_absent, open_store, place_of
from storage.database import Database
from storage.sqlite import CANNOT_OPEN, SqliteDatabase

NAME = "Database"


class DatabaseCheck:
    """Looks at the database that the settings name."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_absent = is_absent(url)
        self._applied: list[str] = []

    @property
    def _place(self) -> str:
        return place_of(self._url)

    def unusable(self) -> Finding | None:
        """Return what keeps the database from being opened, or made; nothing else can be looked at without one."""
        try:
            if self._is_absent:
                self._must_be_possible()
            else:
                self._applied = self._brought_up_to_date()
        except StorageUnavailable as error:
            return fault(NAME, f"It cannot be opened. {error}")
        return None

    def _must_be_possible(self) -> None:
        try:
            tempfile.TemporaryFile(dir=Path(self._place).parent).close()
        except OSError as error:
            raise StorageUnavailable(f"{self._place}: {error.strerror}. {CANNOT_OPEN}") from None

    def _brought_up_to_date(self) -> list[str]:
        store = open_store(self._url)
        try:
            return store.migrate()
        finally:
            store.close()

    @contextmanager
    def stand_in(self) -> Iterator[Database | None]:
        """Lend whoever needs a database one that goes again, where there is none."""
        if not self._is_absent:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteDatabase(Path(folder) / "stand-in.sqlite3")

    def findings(self, store: Store) -> Iterator[Finding]:
        """Yield whether what is kept can be written, and how it stands with messages."""
        if self._is_absent:
            yield warning(
                NAME,
                f"There is none at {self._place} yet. The first start makes it, and so does `register-app migrate`;"
                " if it is elsewhere, correct DATABASE_URL.",
            )
            return
        try:
            with store.transaction():
                waiting = store.outbox.oldest_waiting()
                twice = store.audit.times(AuditEvent.MESSAGE_MAYBE_TWICE)
        except StorageUnavailable as error:
            yield fault(NAME, f"It cannot be written. {error}")
            return
        news = "; its schema was brought up to date just now" if self._applied else ""
        since = f"; a message waits since {waiting:%Y-%m-%d %H:%M} UTC" if waiting else ""
        yield ok(NAME, f"{self._place} can be written{news}{since}.")
        if twice:
            yield ok("Messages", f"{twice} may have been sent twice since the beginning; the audit says which.")
