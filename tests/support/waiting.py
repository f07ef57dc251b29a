"""Wait for what other threads and processes do, bounded."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], *, within_s: float = 60.0) -> bool:
    """Whether the condition came true in time; what takes a moment may take long beside other tests."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.002)
    return bool(condition())
