"""Time in blocks: 5 blocks of 5 s, looping, from the first call on."""

from __future__ import annotations

import time
from typing import ClassVar

TIME_BLOCKS = 5
BLOCK_S = 5.0


class Clock:
    """Tells which time block it is; time starts with the first question.

    The singleton is made lazily and without a lock: ask once before any thread starts.
    """

    _instance: ClassVar[Clock | None] = None

    def __init__(self) -> None:
        self._started_at = time.monotonic()

    @classmethod
    def get_current_time_block(cls) -> int:
        """The index of the current block, 0 to 4."""
        if cls._instance is None:
            cls._instance = cls()
        elapsed_s = time.monotonic() - cls._instance._started_at  # noqa: SLF001 - its own singleton
        return int(elapsed_s // BLOCK_S) % TIME_BLOCKS
