"""A PostgreSQL that cannot be used: every command says so in one line, with what to do, and repeats no password."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from tests.cli.terminal import Terminal
from tests.engines import postgres_server
from tests.engines.way import Way

STARTS = ("run", "web", "worker", "migrate")
PASSWORD = "hunter2secret"


def as_somebody_else(address: str, name: str, password: str = PASSWORD) -> str:
    """Return an address with another user in it."""
    return f"postgresql://{name}:{quote(password)}@{address.rpartition('@')[2]}"


@contextmanager
def a_role_that_may_nothing() -> Iterator[str]:
    """PostgreSQL 15 and later let nobody but the owner of a database make tables in it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server(), autocommit=True) as owner, Way(server=postgres_server()) as way:
        owner.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(name), Literal(PASSWORD)))
        try:
            yield as_somebody_else(way.address, name)
        finally:
            owner.execute(SQL("DROP ROLE {}").format(Identifier(name)))


@contextmanager
def no_such_role() -> Iterator[str]:
    """The user of the address is unknown to the server."""
    with Way(server=postgres_server()) as way:
        yield as_somebody_else(way.address, "nobody_at_all")


@contextmanager
def no_schema() -> Iterator[str]:
    """The role's search_path names a schema that was never made."""
    with Way(server=postgres_server()) as way:
        yield f"{way.address}{quote('-csearch_path=nowhere')}"


@contextmanager
def latin() -> Iterator[str]:
    """The database can keep the letters of Western Europe, and no others."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server(), autocommit=True) as owner, Way(server=postgres_server()) as way:
        owner.execute(
            SQL("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").format(Identifier(name))
        )
        try:
            yield way.address.replace("/postgres?", f"/{name}?")
        finally:
            owner.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def away() -> Iterator[str]:
    """Nobody listens there."""
    yield f"postgresql://bot:{PASSWORD}@127.0.0.1:1/apps"


@contextmanager
def misspelt() -> Iterator[str]:
    """The password stands in the address as it is, and not as an address has it."""
    yield f"postgresql://bot:100%{PASSWORD}@127.0.0.1/apps"


TROUBLE: dict[Callable[[], AbstractContextManager[str]], str] = {
    a_role_that_may_nothing: "permission denied for schema public. Let the bot's role make and use its tables: GRANT",
    no_such_role: 'role "nobody_at_all" does not exist. Look whether the server runs, and whether DATABASE_URL',
    no_schema: "no schema has been selected to create in. Make a schema",
    latin: "the database keeps its text in LATIN1, and the bot needs UTF8",
    away: "Connection refused",
    misspelt: "in its user and password as %XX",
}
EACH = pytest.mark.parametrize(("trouble", "words"), TROUBLE.items(), ids=[make.__name__ for make in TROUBLE])


@EACH
@pytest.mark.parametrize("command", STARTS)
def test_at_the_start(
    terminal: Terminal, command: str, trouble: Callable[[], AbstractContextManager[str]], words: str
) -> None:
    """Nothing starts: exit code 3 and one line that says what is wrong and what to do, without the password."""
    with trouble() as address:
        said = terminal.run(command, DATABASE_URL=address)

    assert (said.code, len(said.err.splitlines())) == (3, 1)
    assert words in said.err
    assert PASSWORD not in said.err


@EACH
def test_check(terminal: Terminal, trouble: Callable[[], AbstractContextManager[str]], words: str) -> None:
    """`check` counts it as a fault, with the same words, and ends with 1."""
    with trouble() as address:
        said = terminal.run("check", DATABASE_URL=address)

    assert said.code == 1
    assert "Database: It cannot be opened." in said.out
    assert words in said.out
    assert PASSWORD not in said.out + said.err


def test_bytes_of_any_kind(terminal: Terminal) -> None:
    """A database that was made without an encoding keeps every name all the same."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server(), autocommit=True) as owner, Way(server=postgres_server()) as way:
        owner.execute(
            SQL("CREATE DATABASE {} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0").format(Identifier(name))
        )
        address = way.address.replace("/postgres?", f"/{name}?")
        codes = [terminal.run(*words, DATABASE_URL=address).code for words in (["migrate"], ["audit", "verify"])]
        owner.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    assert codes == [0, 0]
