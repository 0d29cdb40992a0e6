"""The claim of the next piece of work: found, taken and read in one transaction, outside of the writers' turn."""

from storage.database import Database, Row


def claim_next(database: Database, due: str, take: str, read: str, **values: object) -> Row | None:
    """Claim the first row whose id `due` selects, change it by `take`, and return it by `read`; None when idle.

    Where the engine locks single rows, one that another claimant holds just now is passed over.
    """
    # An idle look takes no lock.
    if database.one(due, **values) is None:
        return None
    with database.claiming():
        found = database.one(due + database.skip_locked, **values)
        if found is None or not database.run(take, id=found["id"], **values):
            return None
        return database.one(read, id=found["id"])
