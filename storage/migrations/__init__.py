"""Numbered, portable SQL, forward only; each file is applied together with its record in one transaction."""

from importlib.resources import files

from storage.database import Database


def scripts() -> list[tuple[int, str, str]]:
    """Every migration as (number, file name, SQL), in order."""
    names = sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".sql"))
    return [(int(name.split("_", 1)[0]), name, (files(__name__) / name).read_text()) for name in names]


def applied(database: Database) -> set[int]:
    """The numbers that this database has already."""
    return {int(row["number"]) for row in database.all("SELECT number FROM schema_migrations")}


def migrate(database: Database, *, now: str) -> list[str]:
    """Apply what is missing and return the names of what was applied; safe to call at every start."""
    with database.transaction():
        database.run(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
        )
    return [name for number, name, script in scripts() if _apply(database, number, name, script, now)]


def _apply(database: Database, number: int, name: str, script: str, now: str) -> bool:
    with database.transaction():
        # Another process may have been faster between the look and the lock, so the look is inside the lock.
        if number in applied(database):
            return False
        for statement in statements(script):
            database.run(statement)
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
