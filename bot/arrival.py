"""How much of one request is here: a part of it, all of it, or more than anybody wants."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from gunicorn.config import Config
from gunicorn.http import errors, get_parser

MOST_HEAD: Final = 64 * 1024
# The longest body that is read is one MiB (handlers/web_secret.py, Limits); in chunks it takes a little more.
MOST_BODY: Final = 1024 * 1024 + MOST_HEAD
_END: Final = b"\r\n\r\n"
_SIZE: Final = re.compile(rb"[0-9a-fA-F]+")


_STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = MappingProxyType(
    {
        errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
        errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
        errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    }
)


class Arrival:
    """One request on its way in: `whole` when all of it is here, with a `fault` when it will never be.

    Its head is read by gunicorn's own parser, so that both find the same end.
    """

    def __init__(self, cfg: Config, client: Any) -> None:
        """`client` is the address of the other side, by which gunicorn decides whom it believes what."""
        self.data = bytearray()
        self.whole = False
        self.fault: HTTPStatus | None = None
        # Whether the other side sends its body only when it is told to (RFC 9110, 10.1.1).
        self.waits_for_us = False
        self._cfg = cfg
        self._client = client
        self._look: Callable[[], None] = self._look_for_head
        # Where to look next; where the body begins; and where it ends, if its head says so.
        self._at = self._body = self._end = 0

    def take(self, piece: bytes) -> None:
        """Add what came; nothing means that no more will come."""
        self.data += piece
        if piece:
            self._look()
        else:
            self.fault = HTTPStatus.BAD_REQUEST

    def _look_for_head(self) -> None:
        end = self.data.find(_END, self._at)
        self._at = max(0, len(self.data) - len(_END) + 1)
        if end < 0:
            if len(self.data) > MOST_HEAD:
                self.fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            return
        self._at = self._body = end + len(_END)
        self._read_head(bytes(self.data[: self._body]))

    def _read_head(self, head: bytes) -> None:
        try:
            request = next(get_parser(self._cfg, [head], self._client))
        except Exception as error:  # noqa: BLE001 - gunicorn has many classes for a head that is none
            self.fault = _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)
            return
        facts = dict(request.headers)
        self._end = self._body + int(facts.get("CONTENT-LENGTH", 0))
        self._look = self._look_for_last_chunk if "TRANSFER-ENCODING" in facts else self._look_for_end
        self._look()
        # To an older client such a word would be the answer itself.
        self.waits_for_us = "EXPECT" in facts and not self.whole and (request.version or (0, 9)) >= (1, 1)

    def _look_for_end(self) -> None:
        self.whole = len(self.data) >= self._end
        self._limit(self._end)

    def _look_for_last_chunk(self) -> None:
        """Walk from size to size (RFC 9112, 7.1): zero is the last, and an empty line ends what may follow it."""
        while (end := self.data.find(b"\r\n", self._at)) >= 0:
            size = _SIZE.match(self.data, self._at, end)
            if size is None:
                self.fault = HTTPStatus.BAD_REQUEST
                return
            if int(size[0], 16) == 0:
                self.whole = self.data.find(_END, end) >= 0
                if self.whole:
                    return
                break
            self._at = end + int(size[0], 16) + 2 * len(b"\r\n")
        self._limit(max(len(self.data), self._at))

    def _limit(self, end: int) -> None:
        if end > self._body + MOST_BODY:
            self.fault = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
