"""Does Entra accept the new secret? It is tried out from memory for a minute at most, then forgotten.

A fresh secret is refused for some seconds (Microsoft Graph, "application: addPassword", and reports from the field),
so a refusal proves nothing: the answer is "accepted" or "not proven".
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta

from bot.events import AuditEvent
from bot.graph.tokens import Tokens
from bot.identifiers import row_name
from bot.model import SecretText
from bot.notices import Notices
from bot.records import Credential
from storage import Store

log = logging.getLogger(__name__)

TRIES = 12
PAUSE_SECONDS = 5.0
# Counted from the first try: a trial may have waited for its turn.
TRIAL = timedelta(minutes=1)
# After this long nobody is trying any more: the process that minted it must have died.
GIVEN_UP = timedelta(minutes=3)


class Proof:
    """Tries new secrets out, in the background."""

    def __init__(
        self,
        *,
        store: Store,
        notices: Notices,
        tokens: Tokens,
        clock: Callable[[], datetime],
        executor: Executor,
        pause: Callable[[float], bool],
    ) -> None:
        """`pause` waits so many seconds and returns True when the process is about to end."""
        self._store = store
        self._notices = notices
        self._tokens = tokens
        self._now = clock
        self._executor = executor
        self._pause = pause
        self._lock = threading.Lock()
        self._in_hand: set[str] = set()

    def begin(self, key_id: str, app_id: str, text: SecretText) -> None:
        """Start trying a secret out; returns at once."""
        with self._lock:
            self._in_hand.add(key_id)
        self._executor.submit(self._try_out, key_id, app_id, text)

    def _try_out(self, key_id: str, app_id: str, text: SecretText) -> None:
        try:
            self._conclude(key_id, accepted=self._is_accepted(app_id, text))
        finally:
            with self._lock:
                self._in_hand.discard(key_id)

    def _is_accepted(self, app_id: str, text: SecretText) -> bool:
        until = self._now() + TRIAL
        for attempt in range(1, TRIES + 1):
            if self._tokens.try_secret(app_id, text):
                return True
            if attempt == TRIES or self._now() >= until or self._pause(PAUSE_SECONDS):
                break
        return False

    def conclude_forgotten(self) -> bool:
        """Say "not proven" of one secret whose trial died with its process; return whether there may be more.

        A trial that still waits for its turn here is not forgotten. One that another process has in hand may be
        called so too early, and is set right when it succeeds.
        """
        with self._lock:
            in_hand = frozenset(self._in_hand)
        forgotten = self._store.credentials.unproven_since(self._now() - GIVEN_UP)
        key_id = next((found.key_id for found in forgotten if found.key_id not in in_hand), None)
        if key_id is not None:
            self._conclude(key_id, accepted=False)
        return key_id is not None

    def _conclude(self, key_id: str, *, accepted: bool) -> None:
        credential = self._store.credentials.get(key_id)
        if credential is None:
            return
        with self._store.transaction():
            if self._store.credentials.record_proof(key_id, accepted=accepted, now=self._now()):
                self._say(credential, accepted=accepted)

    def _say(self, credential: Credential, *, accepted: bool) -> None:
        event = AuditEvent.SECRET_ACCEPTED if accepted else AuditEvent.SECRET_NOT_PROVEN
        self._store.audit.add(
            row_name(),
            event,
            "bot",
            now=self._now(),
            application_id=credential.application_id,
            link_id=credential.link_id,
            details={"key_id": credential.key_id},
        )
        link = self._store.links.get(credential.link_id)
        if link is not None:
            self._notices.link_changed(link.id, link.recipient_id)
