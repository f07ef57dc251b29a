"""A blocking schedule source, asked ahead of time so that the tick finds the answer waiting.

Each fetch is an attempt. An attempt speaks for a time block if it began and ended in it; at the tick the newest
finished attempt of the current block decides. Fetching one second ahead, and again when the block changes, left no
tick without its schedule in the measurements where fetching at the tick failed 7.5 % of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from energy_manager.adapters.failures import describe_failure
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.quantities import AssetId, whole_steps

AHEAD_S = 1.0
"""A fetch begins this long before each tick."""

ABANDONED_S = 5.0
"""A fetch that takes longer is left behind: what it may still bring is ignored."""

MAX_FETCHES = 3
"""Fetches under way at once, those left behind included."""

LOOK_S = 0.05
"""How often the source is asked which block it is."""

SIGHT_S = 0.2
"""A block that was seen longer ago than this may have ended since."""

POLL_S = 0.002
"""How often a waiting tick looks whether an attempt has finished."""


class BlockingSchedule(Protocol):
    """A source that may take for ever, raise anything and return nonsense."""

    def current_block(self) -> int:
        """Which time block it is now; quick."""
        ...

    def fetch(self) -> object:
        """The current block's targets: a mapping from asset to number, if all is well."""
        ...


@dataclass(frozen=True, slots=True)
class _Sight:
    """A block that was seen; ``change`` counts how often another block was seen before, so it never repeats."""

    block: int
    change: int
    seen_s: float


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A finished fetch: its number in order of beginning, the change count of its block, and what it brought."""

    number: int
    change: int
    reading: ScheduleReading


class PrefetchedSchedule:
    """Keeps the current block's schedule at hand.

    Args:
        source: what is asked.
        submit: runs blocking tasks on other threads.
        start_watching: calls the given look every ``LOOK_S`` seconds, beside the loop.
    """

    def __init__(
        self,
        source: BlockingSchedule,
        *,
        clock: Clock,
        submit: Callable[[Sequence[Callable[[], None]]], None],
        start_watching: Callable[[Callable[[], None]], object],
    ) -> None:
        self._source = source
        self._clock = clock
        self._submit = submit
        self._start_watching = start_watching
        self._lock = threading.Lock()
        self._sight: _Sight | None = None
        self._trouble = "the clock of the schedule does not answer"
        self._newest: _Attempt | None = None
        self._begun = 0
        self._under_way = 0
        self._fetched_change: int | None = None
        self._grid: TickGrid | None = None
        self._fetched_tick = -1

    def open(self) -> None:
        """Ask which block it is, for the first time and before any other thread can."""
        self._see()

    def follow(self, grid: TickGrid) -> None:
        """Fetch now, ahead of each tick of the grid, and at each change of block."""
        self._grid = grid
        self.look()
        self._start_watching(self.look)

    def look(self) -> None:
        """Begin a fetch if it is time for one."""
        change = self._see()
        is_new_block = change is not None and change != self._fetched_change
        tick = -1 if self._grid is None else self._grid.newest_tick(self._clock.now_s() + AHEAD_S)
        if not is_new_block and tick <= self._fetched_tick:
            return
        self._fetched_change, self._fetched_tick = change, max(tick, self._fetched_tick)
        with self._lock:
            if self._under_way == MAX_FETCHES:
                return
            self._under_way += 1
            self._begun += 1
            number = self._begun
        self._submit([lambda: self._fetch(number)])

    def _see(self) -> int | None:
        """Ask which block it is; the count of changes so far, or None if the source cannot say.

        The lock is held while asking, so that sights are in order of time; the tick never takes it.
        """
        with self._lock:
            try:
                block = int(self._source.current_block())
            except BaseException as error:  # noqa: BLE001 - nothing a source raises may stop the watching
                self._trouble = describe_failure(error)
                return None
            before = self._sight
            change = 0 if before is None else before.change + (before.block != block)
            self._sight = _Sight(block, change, self._clock.now_s())
            self._trouble = "the clock of the schedule does not answer"
            return change

    def _fetch(self, number: int) -> None:
        began_s, began_in = self._clock.now_s(), self._see()
        try:
            reading = read_targets(self._source.fetch())
        except BaseException as error:  # noqa: BLE001 - nothing a source raises may leave its lane
            reading = ScheduleReading(targets=None, fault=describe_failure(error))
        ended_in = self._see()
        is_of_one_block = began_in is not None and began_in == ended_in
        is_left_behind = self._clock.now_s() - began_s > ABANDONED_S
        with self._lock:
            self._under_way -= 1
            is_newest = self._newest is None or number > self._newest.number
            if is_of_one_block and is_newest and not is_left_behind and began_in is not None:
                self._newest = _Attempt(number, began_in, reading)

    def read(self, *, wait_s: float) -> ScheduleReading:
        """The newest finished attempt of the current block; waits for one up to ``wait_s``."""
        give_up_s = self._clock.now_s() + wait_s
        while True:
            now_s = self._clock.now_s()
            sight, newest = self._sight, self._newest
            is_in_sight = sight is not None and now_s - sight.seen_s <= SIGHT_S
            if is_in_sight and sight is not None and newest is not None and newest.change == sight.change:
                return newest.reading
            if now_s >= give_up_s:
                fault = (
                    "no schedule for this time block arrived in time"
                    if is_in_sight
                    else f"the time block is not known: {self._trouble}"
                )
                return ScheduleReading(targets=None, fault=fault)
            self._clock.sleep_until(min(give_up_s, now_s + POLL_S))


def read_targets(answer: object) -> ScheduleReading:
    """Make whole power steps of what a source said; the source's own object is left as it is."""
    if not isinstance(answer, Mapping):
        return ScheduleReading(targets=None, fault=f"the schedule is no mapping but {type(answer).__name__}")
    targets: dict[AssetId, int] = {}
    unreadable: list[AssetId] = []
    for asset_id, value in answer.items():
        if not isinstance(asset_id, str):
            continue
        steps = whole_steps(value)
        targets[asset_id] = steps or 0
        if steps is None:
            unreadable.append(asset_id)
    return ScheduleReading(targets=targets, unreadable=tuple(unreadable))
