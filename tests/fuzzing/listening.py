"""What an answer and a log must not have in them, and an ear for everything that is logged."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from bot import log

# How a trace looks in any answer: its heading, a line of it, a file of ours, a class of Python's.
TRACE = re.compile(r'Traceback|File "|\b\w+\.py\b|\b[A-Z][A-Za-z]*(?:Error|Exception)\b')


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """What anybody logs meanwhile, at the loudest level."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    handler = log.configure(stream, level="DEBUG", json=True)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        for old in before:
            root.addHandler(old)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
