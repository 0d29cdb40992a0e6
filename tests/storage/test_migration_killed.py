"""A migration that is interrupted half way: whoever comes next finishes it, and the schema is whole."""

import multiprocessing
import os
import signal

from storage import Store, migrations, open_store
from storage.copying import TABLES
from tests.domain.nouns import NOW

# Spawned, because a process that holds a PostgreSQL pool is not to be copied.
SPAWN = multiprocessing.get_context("spawn")
LIVES = (1, 2, 3, 9, 21, 30, 8, 6, 5)


def live_until(url: str, statement: int) -> None:
    """Migrate, and die without a word before carrying out so manieth a statement."""
    store = open_store(url)
    carry_out, left = store.database.run, iter(range(statement - 1))

    def run(sql: str, **values: object) -> int:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return carry_out(sql, **values)

    store.database.run = run  # type: ignore[method-assign]
    store.migrate(NOW)
    store.close()


def shape(store: Store) -> dict[str, set[str]]:
    """What the database says of its migrations, and that every table is there."""
    recorded = {str(row["name"]) for row in store.database.all("SELECT name FROM schema_migrations")}
    counts = {str(store.database.all(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"]) for table in TABLES}  # noqa: S608 - our own words
    return {"recorded": recorded, "rows": counts}


def test_killed_between_any_statements(url: str) -> None:
    """However often a process dies in the middle, the next goes on from the last whole migration, and all is there."""
    ends = []
    for statement in LIVES:
        child = SPAWN.Process(target=live_until, args=(url, statement))
        child.start()
        child.join(60)
        ends.append(child.exitcode)
    store = open_store(url)
    left = store.migrate(NOW)
    found = shape(store)
    again = store.migrate(NOW)
    store.close()

    assert set(ends) == {-signal.SIGKILL}
    assert left
    assert found == {"recorded": {name for _, name, _ in migrations.scripts()}, "rows": {"0"}}
    assert again == []
