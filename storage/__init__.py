"""What persists: `open_store(url)` gives repositories over one database. No other place holds SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import StorageUnavailable
from storage import migrations, postgres_address
from storage.app_requests import AppRequests
from storage.applications import Applications
from storage.audit import Audit
from storage.codec import to_text
from storage.credentials import Credentials
from storage.database import Database
from storage.deliveries import Deliveries
from storage.figures import Figures
from storage.links import Links
from storage.onlookers import Onlookers
from storage.outbox import Outbox
from storage.pace import Pace
from storage.postgres import PostgresDatabase
from storage.provisioning_queue import ProvisioningQueue
from storage.reminders import Reminders
from storage.retention import Retention
from storage.sqlite import SqliteDatabase

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, kw_only=True)
class Store:
    """The repositories over one database."""

    database: Database
    requests: AppRequests = field(init=False)
    provisioning: ProvisioningQueue = field(init=False)
    applications: Applications = field(init=False)
    links: Links = field(init=False)
    onlookers: Onlookers = field(init=False)
    credentials: Credentials = field(init=False)
    reminders: Reminders = field(init=False)
    outbox: Outbox = field(init=False)
    pace: Pace = field(init=False)
    audit: Audit = field(init=False)
    retention: Retention = field(init=False)
    deliveries: Deliveries = field(init=False)
    figures: Figures = field(init=False)

    def __post_init__(self) -> None:
        for name, repository in (
            ("requests", AppRequests),
            ("provisioning", ProvisioningQueue),
            ("applications", Applications),
            ("links", Links),
            ("onlookers", Onlookers),
            ("credentials", Credentials),
            ("reminders", Reminders),
            ("outbox", Outbox),
            ("pace", Pace),
            ("audit", Audit),
            ("retention", Retention),
            ("deliveries", Deliveries),
            ("figures", Figures),
        ):
            object.__setattr__(self, name, repository(self.database))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside durable together, or not at all, and once for one delivery of Slack's."""
        with self.database.transaction():
            self.deliveries.claim_in_hand()
            yield

    def migrate(self, now: datetime | None = None) -> list[str]:
        """Bring the schema up to date, on a database that is whole, and return the names of the migrations applied."""
        self.database.look_for_damage()
        return migrations.migrate(self.database, now=to_text(now or datetime.now(UTC)))

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def place_of(url: str) -> str:
    """Return where an address leads, as people may read it: without user and password. Raises StorageUnavailable."""
    if url.startswith(SQLITE):
        return str(_path_of(url))
    return postgres_address.place(postgres_address.read(url))


def is_absent(url: str) -> bool:
    """Say whether an address names a file that is not there. A PostgreSQL says so itself when it is asked."""
    return url.startswith(SQLITE) and not _path_of(url).exists()


def open_store(url: str, *, read_only: bool = False) -> Store:
    """Open a store; the schema is brought up to date by `migrate`.

    Raises ValueError for an address of neither kind, and StorageUnavailable for a PostgreSQL's that cannot be read.

    `sqlite:///relative/or//absolute/path` is the embedded engine; `postgresql://…` (PostgreSQL, "Connection URIs",
    which also reads postgres://) may be shared by any number of processes.
    """
    if url.startswith(SQLITE):
        return Store(database=SqliteDatabase(Path(url.removeprefix(SQLITE)), read_only=read_only))
    if url.startswith(POSTGRES):
        return Store(database=PostgresDatabase(url, read_only=read_only))
    raise ValueError(f"This store is not known: {url.split(':', 1)[0]}. Use {SQLITE}path or {POSTGRES[0]}…")


def existing_store(url: str, *, read_only: bool = True) -> tuple[Store, list[str]]:
    """Open a store that was made before, and return with it the names of the migrations that it has still to get.

    Nothing is made and no schema is changed, so that a wrong address is found out. Raises StorageUnavailable.
    """
    if is_absent(url):
        raise StorageUnavailable(
            f"There is no database at {place_of(url)}: correct DATABASE_URL or run `register-app migrate`."
        )
    # Looked at before it is opened for writing, which alone would turn another program's file into one with a log.
    looked_at = open_store(url, read_only=True)
    try:
        missing = migrations.missing(looked_at.database, place_of(url))
    except BaseException:
        looked_at.close()
        raise
    if read_only:
        return looked_at, missing
    looked_at.close()
    return open_store(url), missing


def _path_of(url: str) -> Path:
    return Path(url.removeprefix(SQLITE)).absolute()
