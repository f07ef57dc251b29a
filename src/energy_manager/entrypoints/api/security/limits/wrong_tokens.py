"""Guessing is slow: who presents ten wrong tokens in a minute is not listened to for a while."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from time import monotonic as now_s

from loguru import logger

MOST = 10
WITHIN_S = 60.0

MOST_ADDRESSES = 10_000
"""So many are remembered; beyond it the one heard of longest ago is forgotten."""


@dataclass(slots=True)
class WrongTokens:
    """Counts wrong tokens by address; for one event loop. ``count`` is all of them since the start."""

    count: int = 0
    _times: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def is_barred(self, address: str) -> bool:
        """Whether tokens of this address are not looked at now."""
        times = self._times.get(address)
        return times is not None and len(times) == MOST and now_s() - times[0] < WITHIN_S

    def note(self, address: str) -> None:
        """One more; the first and the last that is looked at are logged."""
        self.count += 1
        at_s = now_s()
        times = self._times.setdefault(address, deque(maxlen=MOST))
        is_first = not times or at_s - times[-1] >= WITHIN_S
        times.append(at_s)
        self._times.move_to_end(address)
        if len(self._times) > MOST_ADDRESSES:
            self._times.popitem(last=False)
        if self.is_barred(address):
            logger.warning("{}: {} wrong tokens within a minute, no more are looked at for a while", address, MOST)
        elif is_first:
            logger.warning("{}: a wrong token", address)
