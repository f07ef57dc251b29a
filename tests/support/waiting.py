"""Wait for what other threads and processes do, bounded."""

import time
from collections.abc import Callable

LONGEST_PAUSE_S = 0.02


def eventually(condition: Callable[[], object], *, within_s: float = 60.0) -> bool:
    """Whether the condition came true in time; what takes a moment may take long beside other tests.

    To look takes computing, and many a condition has the product answer: the longer it took so far, the longer the
    pause, by a tenth of it.
    """
    start_s = time.monotonic()
    while (waited_s := time.monotonic() - start_s) < within_s:
        if condition():
            return True
        time.sleep(min(0.002 + waited_s / 10, LONGEST_PAUSE_S))
    return bool(condition())
