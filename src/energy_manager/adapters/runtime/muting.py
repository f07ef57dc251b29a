"""What a foreign call prints can be kept from standard output: by thread, for other threads print meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_this_thread = threading.local()


@contextmanager
def muted() -> Iterator[None]:
    """What this thread prints meanwhile is not written, where standard output minds it (see ``DroppingStream``)."""
    _this_thread.is_muted = True
    try:
        yield
    finally:
        _this_thread.is_muted = False


def is_muted() -> bool:
    """Whether what this thread prints is to be dropped."""
    return getattr(_this_thread, "is_muted", False)
