"""Run work on a fixed grid of time: no drift, no bursts, skipped ticks counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from energy_manager.application.ports.clock import Clock
from energy_manager.application.tick_grid import TickGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What to do on waking: run ``tick`` (None: wait), after giving up ``skipped`` ticks; then expect ``next_tick``."""

    tick: int | None
    skipped: int
    next_tick: int


def due_tick(grid: TickGrid, expected: int, now_s: float) -> Due:
    """Decide what a waking at ``now_s`` means, when tick ``expected`` should have run.

    Late by less than a period: run it, late. By a period or more: run the newest missed tick if at least a quarter of
    its period remains, else wait for the next grid point; all other missed ticks are skipped.
    """
    if now_s - grid.instant_s(expected) < grid.period_s:
        return Due(tick=expected, skipped=0, next_tick=expected + 1)
    newest = max(expected, grid.newest_tick(now_s))
    remaining_s = grid.instant_s(newest + 1) - now_s
    if remaining_s >= grid.period_s / 4:
        return Due(tick=newest, skipped=newest - expected, next_tick=newest + 1)
    return Due(tick=None, skipped=newest - expected + 1, next_tick=newest + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickStart:
    """A tick that is run now: its number, its grid point, and how long after it the work began."""

    number: int
    due_s: float
    lag_s: float


@dataclass(slots=True, kw_only=True)
class PeriodicTask:
    """A piece of work and the grid it runs on.

    ``on_skipped`` is told how many ticks were given up and how late the waking was.
    """

    grid: TickGrid
    work: Callable[[TickStart], None]
    on_skipped: Callable[[int, float], None]
    next_tick: int = field(default=0, init=False)

    @property
    def next_s(self) -> float:
        """The grid point that is waited for."""
        return self.grid.instant_s(self.next_tick)

    def wake(self, now_s: float) -> None:
        """Run what is due at ``now_s``, once at most."""
        expected_s = self.next_s
        due = due_tick(self.grid, self.next_tick, now_s)
        self.next_tick = due.next_tick
        if due.skipped:
            self.on_skipped(due.skipped, now_s - expected_s)
        if due.tick is not None:
            due_s = self.grid.instant_s(due.tick)
            self.work(TickStart(number=due.tick, due_s=due_s, lag_s=now_s - due_s))


# TickGrid points of two rhythms that fall together may differ by the last bit of a float.
SAME_INSTANT_S = 1e-6


def keep_time(clock: Clock, rhythms: Sequence[PeriodicTask], *, until_s: float = math.inf) -> None:
    """Run the rhythms in this thread until ``until_s`` (that instant not included).

    Where grid points fall together, the rhythm that stands earlier in the sequence goes first.
    """
    while True:
        earliest_s = min(rhythm.next_s for rhythm in rhythms)
        rhythm = next(rhythm for rhythm in rhythms if rhythm.next_s <= earliest_s + SAME_INSTANT_S)
        if rhythm.next_s >= until_s - SAME_INSTANT_S:
            clock.sleep_until(until_s)
            return
        clock.sleep_until(rhythm.next_s)
        now_s = clock.now_s()
        if now_s >= until_s:
            return
        rhythm.wake(now_s)
