"""Numbered, portable SQL, forward only; each file is applied together with its record in one transaction."""

from importlib.resources import files

from bot.errors import StorageUnavailable
from storage.database import Database
from storage.migrations.steps import begin_chain

# What the statements of a migration are followed by, in its transaction. The second makes up for a process that died
# when the first was not yet in the migration's transaction.
STEPS = {5: begin_chain, 11: begin_chain}


def scripts() -> list[tuple[int, str, str]]:
    """Every migration as (number, file name, SQL), in order."""
    names = sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".sql"))
    return [(int(name.split("_", 1)[0]), name, (files(__name__) / name).read_text()) for name in names]


def applied(database: Database) -> set[int]:
    """The numbers that this database has already."""
    return {int(row["number"]) for row in database.all("SELECT number FROM schema_migrations")}


def missing(database: Database, place: str) -> list[str]:
    """Return the names of the migrations that a database has still to get, and change nothing.

    Raises StorageUnavailable where no bot has been yet, and where a newer version has been.
    """
    if not database.tables() >= {"schema_migrations", "app_requests", "audit"}:
        raise StorageUnavailable(
            f"Nothing of Register App is kept in {place}: correct DATABASE_URL or run `register-app migrate`."
        )
    _none_from_the_future(database)
    there = applied(database)
    return [name for number, name, _ in scripts() if number not in there]


def migrate(database: Database, *, now: str) -> list[str]:
    """Apply what is missing and return the names of what was applied; safe to call at every start.

    Raises StorageUnavailable, also when a newer version has been here: nothing is known of what it keeps.
    """
    with database.transaction():
        database.run(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
        )
        # A database that can only be read is found out by this, and not by the first person who wants something.
        database.run("UPDATE schema_migrations SET name = name WHERE number = 1")
    _none_from_the_future(database)
    return [name for number, name, script in scripts() if _apply(database, number, name, script, now)]


def _none_from_the_future(database: Database) -> None:
    newest = max(number for number, _, _ in scripts())
    rows = database.all("SELECT name FROM schema_migrations WHERE number > :newest ORDER BY number", newest=newest)
    if rows:
        raise StorageUnavailable(
            f"A newer version of the bot has changed this database ({rows[0]['name']})."
            " Start that version again, or put a backup from before it in its place."
        )


def _apply(database: Database, number: int, name: str, script: str, now: str) -> bool:
    with database.transaction():
        # Another process may have been faster between the look and the lock, so the look is inside the lock.
        if number in applied(database):
            return False
        for statement in statements(script):
            database.run(statement)
        if number in STEPS:
            STEPS[number](database)
        database.run(
            "INSERT INTO schema_migrations (number, name, applied_at) VALUES (:number, :name, :now)",
            number=number,
            name=name,
            now=now,
        )
    return True


def statements(script: str) -> list[str]:
    """Split a migration at its semicolons; a migration here holds no semicolon inside a literal."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]
