"""What the product keeps of its work, to compare before and after."""

from typing import Any

from tests.journeys.world import World

WORK = ("app_requests", "approvals", "applications", "links", "credentials", "reminders")
Contents = dict[str, dict[str, dict[str, Any]]]


def kept(world: World) -> Contents:
    """What the product's tables hold, by each row's first column."""
    database = world.bot.store.database
    rows = {table: [dict(row) for row in database.all("SELECT * FROM " + table)] for table in WORK}  # noqa: S608 - our own words
    return {table: {str(next(iter(row.values()))): row for row in found} for table, found in rows.items()}
