"""What is to be seen, sent again whenever it has changed (HTML, "Server-sent events")."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Pieces = Mapping[str, Callable[[], Any]]
# Not everything tells of its changes: the bot's tables are looked at this often, in real seconds.
LOOK_EVERY = 0.5


class Bell:
    """Wakes every stream; safe to ring from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0
        self._over = False

    def ring(self, *_: object) -> None:
        """Say that something may have changed."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def end(self) -> None:
        """End every stream."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def wait(self, heard: int) -> int | None:
        """Wait for a ring after number `heard`, at most `LOOK_EVERY`; the number of rings, or None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._rings > heard, LOOK_EVERY)
            return None if self._over else self._rings


def stream(pieces: Pieces, bell: Bell) -> Iterator[bytes]:
    """Each piece as an event of its name, at first and whenever its JSON is another than before."""
    sent: dict[str, str] = {}
    heard: int | None = -1
    while heard is not None:
        said = False
        for name, look in pieces.items():
            data = json.dumps(look(), ensure_ascii=False)
            if sent.get(name) != data:
                sent[name] = data
                said = True
                yield f"event: {name}\ndata: {data}\n\n".encode()
        if not said:
            # A line that means nothing finds out whether anybody still listens.
            yield b":\n\n"
        heard = bell.wait(heard)
