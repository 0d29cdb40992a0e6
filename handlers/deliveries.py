"""Each request of Slack's has its effect once, however often a copy of it arrives, and on whichever instance.

Slack itself signs a retry anew, so what carries the same signature twice is a replay, or a copy that a proxy made.
A signature holds for five minutes on either side of our clock (Slack, "Verifying requests from Slack"), so it is
remembered a little longer than both; of it only a hash is kept. Over Socket Mode an envelope is known by its id
(bot/hearing.py).
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Request, Response
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import StorageUnavailable
from storage import Store
from storage.deliveries import handling

REMEMBERED = timedelta(minutes=15)


def once(
    store: Store, slack: Callable[[Request], AnyResponse], clock: Callable[[], datetime]
) -> Callable[[Request], AnyResponse]:
    """Return `slack` behind a door that knows which requests had their effect; their copies are answered with 200."""

    def answer(request: Request) -> AnyResponse:
        key = hashlib.sha256(request.headers.get("X-Slack-Signature", "").encode()).hexdigest()
        # Known by its signature alone, which nobody can have without the request: whether it holds need not be asked.
        if _had_effect(store, key):
            return Response("", 200)
        with handling(key, clock()):
            return slack(request)

    return answer


def _had_effect(store: Store, key: str) -> bool:
    """Say whether a delivery had its effect; a database that cannot be asked leaves that to the effect's transaction.

    So whoever acted is told by a listener that the database is away, where they stand.
    """
    try:
        return store.deliveries.had_effect(key)
    except StorageUnavailable:
        return False


def forget_old(store: Store, clock: Callable[[], datetime]) -> int:
    """Forget what no signature can bring back any more; return how many there were."""
    before = clock() - REMEMBERED
    return store.deliveries.forget(before) if store.deliveries.any_before(before) else 0
