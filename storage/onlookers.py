"""Who opened a link that was sent to somebody else: each person is kept once for each link."""

from datetime import datetime

from storage import codec
from storage.database import Database


class Onlookers:
    """The table of those whom a link turned away."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def is_known(self, link_id: str, person_id: str) -> bool:
        """Say whether this person opened this link before: a plain look, which waits for nobody."""
        return (
            self._db.one(
                "SELECT link_id FROM onlookers WHERE link_id = :link_id AND person_id = :person_id",
                link_id=link_id,
                person_id=person_id,
            )
            is not None
        )

    def add(self, link_id: str, person_id: str, *, now: datetime) -> bool:
        """Keep that this person opened this link; False when it was kept before."""
        return bool(
            self._db.run(
                "INSERT INTO onlookers (link_id, person_id, first_seen) VALUES (:link_id, :person_id, :now)"
                " ON CONFLICT DO NOTHING",
                link_id=link_id,
                person_id=person_id,
                now=codec.to_text(now),
            )
        )
