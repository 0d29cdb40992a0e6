"""What people must be told, as the use cases see it. Slack stands above them and implements this."""

from typing import Protocol

from bot.records import Note


class Notices(Protocol):
    """Each call joins the transaction it is made in: what was decided and what is said of it are one commit."""

    def request_changed(self, request_id: str) -> None:
        """Redraw the request where it stands: the approvers' card and the requester's message."""

    def approvers_told(self, request_id: str, note: Note) -> None:
        """Say a thing once in the request's thread in the approvers' channel."""

    def person_told(self, person_id: str, note: Note) -> None:
        """Say a thing once to one person."""

    def link_issued(self, link_id: str, recipient_id: str) -> None:
        """Send a one-time link to its recipient; its token is made at the moment of sending."""

    def link_changed(self, link_id: str, recipient_id: str) -> None:
        """Redraw the message that carried a link."""

    def reminder_due(self, reminder_id: str, person_id: str) -> None:
        """Remind one owner that a secret ends."""

    def reminder_changed(self, reminder_id: str, person_id: str) -> None:
        """Redraw a reminder that was acted upon."""
