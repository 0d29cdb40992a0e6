"""Why a young object is denied: what is written in one place of Entra is known in the others only later.

Counted in calls rather than in time, so that a test says exactly how often it is denied; seconds of the emulated
clock may be asked for instead.
"""

from datetime import datetime, timedelta

from tests.sandbox.entra.records import Application, Password, Replicated


def put_off(young: Replicated, now: datetime, calls: int, seconds: float) -> None:
    """Let the next `calls` calls that ask for `young` not find it, nor any in the next `seconds`."""
    young.denials_left = calls
    young.known_from = now + timedelta(seconds=seconds) if seconds else None


def known(record: Replicated, now: datetime) -> bool:
    """Whether this call finds `record`; a call that does not find it is one of those that are counted."""
    if record.known_from is not None and now < record.known_from:
        return False
    if record.denials_left > 0:
        record.denials_left -= 1
        return False
    return True


def passwords_changed(application: Application, before: tuple[Password, ...], reads: int) -> None:
    """Let the next `reads` readings of the application show the secrets as they were `before`."""
    if reads and not application.stale_reads_left:
        application.shown_before = before
    application.stale_reads_left = reads


def passwords_shown(application: Application) -> tuple[Password, ...]:
    """The secrets that this reading shows, the newest first, as recorded."""
    if application.stale_reads_left > 0:
        application.stale_reads_left -= 1
        return application.shown_before[::-1]
    return tuple(application.passwords[::-1])
