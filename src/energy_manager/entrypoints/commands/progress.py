"""A sign of life on standard error while something takes longer than a second; in a terminal only."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from energy_manager.entrypoints.command_line.terminal import width_of

PATIENCE_S = 1.0
"""What is done sooner needs no sign."""

BEGIN_AGAIN, CLEAR_LINE = "\r", "\x1b[K"


@contextmanager
def progress(what: str, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Say each second for how long ``what`` has gone on, and take that away at the end."""
    stream = sys.stderr
    if width_of(stream) is None:
        yield
        return
    is_done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, stream, is_done, patience_s), daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_done.set()
        teller.join()


def _tell(what: str, stream: TextIO, is_done: threading.Event, patience_s: float) -> None:
    began_s = time.monotonic()
    while not is_done.wait(patience_s):
        stream.write(f"{BEGIN_AGAIN}{what}, for {time.monotonic() - began_s:.0f} s{CLEAR_LINE}")
        stream.flush()
    stream.write(f"{BEGIN_AGAIN}{CLEAR_LINE}")
    stream.flush()
