"""A way to a PostgreSQL that can be cut and mended: what a network or a fail-over does, on this machine."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


@dataclass(kw_only=True)
class Way:
    """Forwards bytes between a port of this machine and a PostgreSQL; while it is cut, nobody listens at that port."""

    server: str
    port: int = field(init=False)
    _listener: socket.socket = field(init=False)
    _sockets: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = 0
        self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def address(self) -> str:
        """The address of the same database, by this way."""
        parts = conninfo_to_dict(self.server)
        user, password = (quote(str(parts.get(name, "")), safe="") for name in ("user", "password"))
        options = quote(str(parts.get("options", "")))
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{parts['dbname']}?options={options}"

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Break every connection and let nobody through."""
        self._close()
        try:
            yield
        finally:
            self._listen()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._begin(self._accept)

    def _begin(self, work: Callable[..., None], *given: socket.socket) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = self._connect()
                self._sockets |= {near, far}
                self._begin(self._pump, near, far)
                self._begin(self._pump, far, near)

    def _connect(self) -> socket.socket:
        parts = conninfo_to_dict(self.server)
        host, port = str(parts.get("host", "localhost")), int(str(parts.get("port", 5432)))
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{host}/.s.PGSQL.{port}")
        return far

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in tuple(self._sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for end in self._sockets:
            end.close()
        self._sockets.clear()
        self._threads.clear()
