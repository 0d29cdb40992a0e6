"""WebSocket frames on a plain socket, as far as Socket Mode needs them (RFC 6455, sections 4 and 5)."""

import base64
import hashlib
import struct
from dataclasses import dataclass
from io import BufferedIOBase

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class BrokenFrame(Exception):
    """The other side does not keep to the protocol, or is gone."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame."""

    opcode: int
    data: bytes


def accept_key(key: str) -> str:
    """The answer to Sec-WebSocket-Key."""
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def frame_to_client(opcode: int, data: bytes) -> bytes:
    """One whole frame from the server, which does not mask."""
    head = bytes([0x80 | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 1 << 16:
        return head + struct.pack("!BH", 126, len(data)) + data
    return head + struct.pack("!BQ", 127, len(data)) + data


def read_frame(stream: BufferedIOBase) -> Frame:
    """The next frame from the client, unmasked; raises BrokenFrame for an end, a fragment or a missing mask."""
    first, second = _exactly(stream, 2)
    if not first & 0x80:
        raise BrokenFrame("Slack's clients send no fragments")
    if not second & 0x80:
        raise BrokenFrame("a client must mask its frames")
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", _exactly(stream, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", _exactly(stream, 8))
    mask = _exactly(stream, 4)
    data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(_exactly(stream, length)))
    return Frame(opcode=first & 0x0F, data=data)


def _exactly(stream: BufferedIOBase, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise BrokenFrame("the connection ended")
    return data
