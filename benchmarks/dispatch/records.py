"""What the recording devices wrote, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.dispatch.cells import BLOCK_S, HANG_TICK, PERIOD_S, PHASE_S, TIME_BLOCKS, Load, scheduled_in

SLOT = np.dtype([("begun_s", "<f8"), ("ended_s", "<f8"), ("value", "<i8"), ("device", "<i4"), ("kind", "<i4")])
"""As ``recording/shared.py`` writes them; ``ended_s`` is 0 for a call that has not returned."""
SET, READ, TICK = 1, 2, 3

Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the targets reached the healthy devices, of which ``owed`` = healthy devices times ticks.

    ``entry_s`` are times from grid point to begin of the call, in the tick where devices began to hang and in others.
    """

    entry_s: Seconds
    entry_in_hang_tick_s: Seconds
    owed: int
    undelivered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All calls of a run in order of their beginning; ``start_s`` is the grid point of tick 0."""

    slots: npt.NDArray[Any]
    start_s: float

    @staticmethod
    def clock_started_s(path: Path) -> float:
        """When the clock was first asked, or 0 if it was not yet."""
        return float(np.fromfile(path, dtype=SLOT, count=1)["begun_s"][0])

    @classmethod
    def read(cls, path: Path, *, start_s: float) -> Records:
        slots = np.fromfile(path, dtype=SLOT)[1:]
        slots = slots[slots["kind"] != 0]
        return cls(slots=slots[np.argsort(slots["begun_s"], kind="stable")], start_s=start_s)

    def tick_lags_s(self) -> Seconds:
        """For designs that record it: how long after its grid point the work of each tick began."""
        ticks = self.slots[self.slots["kind"] == TICK]
        return np.asarray(ticks["begun_s"] - self.start_s - ticks["device"] * PERIOD_S)

    def delivery(self, load: Load) -> Delivery:
        """A target counts as delivered when its call begins before the next grid point."""
        healthy = load.healthy()
        sets = self.slots[(self.slots["kind"] == SET) & np.isin(self.slots["device"], healthy)]
        after_s = sets["begun_s"] - self.start_s
        ticks = np.floor(after_s / PERIOD_S).astype(int)
        is_watched = (ticks >= 0) & (ticks < load.ticks)
        after_s, ticks, devices = after_s[is_watched], ticks[is_watched], sets["device"][is_watched]
        in_hang_tick = (ticks == HANG_TICK) & (load.hung > 0)
        entry_s = after_s - ticks * PERIOD_S
        owed = len(healthy) * load.ticks
        return Delivery(
            entry_s=entry_s[~in_hang_tick],
            entry_in_hang_tick_s=entry_s[in_hang_tick],
            owed=owed,
            undelivered=owed - len(np.unique(ticks.astype(np.int64) * load.devices + devices)),
        )

    def order_violations(self) -> int:
        """Calls that began while their device's last one of the kind was under way, and targets of another block."""
        return self._overlaps() + self._stale_targets()

    def _overlaps(self) -> int:
        calls = self.slots[self.slots["kind"] != TICK]
        calls = calls[np.lexsort((calls["begun_s"], calls["kind"], calls["device"]))]
        earlier, later = calls[:-1], calls[1:]
        is_same_lane = (earlier["device"] == later["device"]) & (earlier["kind"] == later["kind"])
        ended_s = np.where(earlier["ended_s"] == 0, np.inf, earlier["ended_s"])
        return int(np.count_nonzero(is_same_lane & (later["begun_s"] < ended_s)))

    def _stale_targets(self) -> int:
        """Targets that are not of the block in which the newest grid point lies (0 tells nothing of its block)."""
        sets = self.slots[(self.slots["kind"] == SET) & (self.slots["value"] > 0)]
        ticks = np.floor((sets["begun_s"] - self.start_s) / PERIOD_S)
        due_block = (PHASE_S + ticks * PERIOD_S) // BLOCK_S % TIME_BLOCKS
        lowest = np.array([scheduled_in(block) for block in range(TIME_BLOCKS)])
        block = np.searchsorted(lowest, sets["value"], side="right") - 1
        return int(np.count_nonzero(block != due_block))
