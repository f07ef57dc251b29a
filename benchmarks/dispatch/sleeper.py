"""The machine's own jitter: a bare process that only sleeps to a grid and records how late it wakes.

``python -P sleeper.py PERIOD_S FILE`` appends pairs of doubles, (grid point, lateness) in monotonic seconds, until it
is killed.
"""

from __future__ import annotations

import itertools
import os
import struct
import sys
import time


def main(period_s: float, path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    start_s = time.monotonic()
    for number in itertools.count(1):
        due_s = start_s + number * period_s
        if due_s > time.monotonic():
            time.sleep(due_s - time.monotonic())
        os.write(file, struct.pack("<dd", due_s, time.monotonic() - due_s))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
