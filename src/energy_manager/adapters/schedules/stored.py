"""The stored schedules over the site's base schedule.

A thread of its own asks the store a few times a second whether anything changed, and reads what is new. It also lays
out what holds now and in the next minute, so that the tick only takes what holds and lays it over the base schedule:
its work grows with the assets of the site and never with what is stored. The tick never waits for the store, and when
the store is away the schedules that were read last go on to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger

from energy_manager.application.clock import SiteClock
from energy_manager.application.ports.clock import TimeLine
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading, ScheduleSource
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import (
    BASE,
    AcceptedSchedule,
    FittedSchedule,
    ScheduleIndex,
    Stretch,
    beyond_limits,
    fitted,
)
from energy_manager.domain.site import PlanningSite

NOT_PUT_BACK = "what was agreed of activations, homes, forecasts, the logbook and the history of before are not in it"

LOOKS_A_PERIOD = 5
"""How often in a period the store is asked whether schedules changed: what is put holds from the second tick on."""

LOOK_S = 0.4
"""The store is asked at least this often."""

SHORTEST_LOOK_S = 0.04
"""And no more often than this: each question costs about half a millisecond."""

READ_ANEW = timedelta(minutes=10)
"""Schedules are read anew this often even if none changed, so that those that have ended are let go of."""

LOOKING_BACK = timedelta(hours=1)
"""Schedules that ended less than this ago are kept at hand: the clock may be set back a little."""

LAID_OUT = timedelta(minutes=1)
"""So much of what holds is at hand before it does: longer than any look at the store lasts."""

MOST_STRETCHES = 100
"""And no more of it than this, where schedules change many times a second."""


def look_every_s(period_s: float) -> float:
    """How often to look at the store, beside a loop of this period."""
    return max(SHORTEST_LOOK_S, min(LOOK_S, period_s / LOOKS_A_PERIOD))


@dataclass(frozen=True, slots=True)
class _Known:
    """The schedules as they were read at ``read_at``, with the store's revision and the line of time then.

    They hold on that line: a tick between a jump of the clock and the next look meets neither alone.
    """

    revision: int
    read_at: datetime
    line: TimeLine
    accepted: Mapping[int, AcceptedSchedule]
    index: ScheduleIndex

    def is_fresh(self, revision: int, line: TimeLine, now: datetime) -> bool:
        """Whether nothing has changed since, the clock included."""
        return self.revision == revision and self.line.moves == line.moves and abs(now - self.read_at) < READ_ANEW


@dataclass(frozen=True, slots=True)
class _Holding:
    """What holds for a stretch of time, and whose word that is by asset."""

    stretch: Stretch
    labels: dict[AssetId, str]


@dataclass(frozen=True, slots=True)
class _LaidOut:
    """What holds now and soon, of which schedules."""

    known: _Known | None
    holdings: tuple[_Holding, ...]

    @property
    def line(self) -> TimeLine | None:
        """The clock's line under which the schedules were read; tick and look must go by the same one."""
        return None if self.known is None else self.known.line

    def at(self, instant: datetime) -> _Holding:
        """What holds then; found here where it was not laid out, as after a long silence of the watching thread."""
        for holding in self.holdings:
            if holding.stretch.covers(instant):
                return holding
        return _holding(self.known, instant)

    def until(self, instant: datetime, *, begins: datetime) -> _LaidOut:
        """The same, from one instant to another; what is laid out already is not worked out again."""
        holdings = list(self.holdings)
        if not holdings or not holdings[0].stretch.covers(begins):
            holdings = [_holding(self.known, begins)]
        while len(holdings) < MOST_STRETCHES:
            end = holdings[-1].stretch.end
            if end is None or end > instant:
                break
            holdings.append(_holding(self.known, end))
        return _LaidOut(self.known, tuple(holdings))


def _holding(known: _Known | None, instant: datetime) -> _Holding:
    stretch = (ScheduleIndex([]) if known is None else known.index).at(instant)
    labels = {asset_id: decider.label for asset_id, decider in stretch.merged.decided_by.items()}
    return _Holding(stretch, labels)


class StoredSchedules:
    """A schedule source that asks another one only where no stored schedule speaks.

    Args:
        base: the site's own schedule.
        schedules: the stored ones.
        site: what the schedules are followed on; what it cannot follow of them and of the base, see ``oddities``.
        clock: the site's time of day.
        begun_anew: is told when the store is another one than before, and empty, with the ids of what was put back.
        start_watching: calls the given look every ``look_every_s(period_s)`` seconds, beside the loop.
    """

    def __init__(
        self,
        base: ScheduleSource,
        *,
        schedules: ScheduleRepository,
        site: PlanningSite,
        clock: SiteClock,
        start_watching: Callable[[Callable[[], None]], object],
        begun_anew: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> None:
        self._base = base
        self._begun_anew = begun_anew
        self._schedules = schedules
        self._site = site
        self._clock = clock
        self._fitted: dict[int, FittedSchedule] = {}
        self._beyond: dict[AssetId, int] = {}  # by asset, the first target of the base beyond what it can ever do
        self.oddities: tuple[str, ...] = ()
        self._start_watching = start_watching
        self._known: _Known | None = None
        self._laid_out = _LaidOut(None, ())
        self._is_away = False

    def open(self) -> None:
        """Open the base schedule, and begin to look at the stored ones."""
        self._base.open()
        self._start_watching(self.look)

    def follow(self, grid: TickGrid) -> None:
        self._base.follow(grid)

    def look(self) -> None:
        """Read the stored schedules if they changed, and lay out what holds; keeps those known when reading fails."""
        try:
            self._read_if_changed()
        except StoreUnavailable as error:
            if not self._is_away:
                logger.warning("stored schedules cannot be read, those known go on to hold: {}", error.reason)
            self._is_away = True
        else:
            self._is_away = False
        self._say_oddities()
        laid_out = self._laid_out if self._laid_out.known is self._known else _LaidOut(self._known, ())
        now = self._clock.now(laid_out.line)
        self._laid_out = laid_out.until(now + LAID_OUT, begins=now)

    def _read_if_changed(self) -> None:
        line, known = self._clock.line, self._known
        now = self._clock.now(line)
        revision = self._schedules.revision()
        if known is not None and known.is_fresh(revision, line, now):
            return
        if known is not None and revision < known.revision:
            self._put_back(known, now)
            # Numbers begin again with 1: what is known by them is of the store before.
            known, self._fitted, revision = None, {}, self._schedules.revision()
        # What is put between the two questions is read twice, never missed.
        before = {} if known is None else known.accepted
        unfinished = self._schedules.unfinished_at(now - LOOKING_BACK, known=before)
        index = ScheduleIndex(self._fit(unfinished))
        if self._clock.is_moving or self._clock.line.moves != line.moves:
            return
        self._known = _Known(revision, now, line, {entry.number: entry for entry in unfinished}, index)

    def _put_back(self, known: _Known, now: datetime) -> None:
        """The store was begun anew, as where its file was deleted: what still holds is put again, oldest first."""
        of_before = [entry.schedule for _, entry in sorted(known.accepted.items())]
        still_to_hold = [
            schedule
            for schedule in of_before
            if schedule.end is not None and schedule.end > now and self._schedules.get(schedule.id) is None
        ]
        for schedule in still_to_hold:
            self._schedules.put(schedule)
        self._begun_anew([schedule.id for schedule in still_to_hold])
        names = ", ".join(schedule.id for schedule in still_to_hold[:8]) or "none was still to hold"
        logger.error(
            "the store was begun anew: {} schedules were put back ({}); {}", len(still_to_hold), names, NOT_PUT_BACK
        )

    def _fit(self, accepted: tuple[AcceptedSchedule, ...]) -> list[AcceptedSchedule]:
        """The schedules as far as the site can follow them."""
        # A number belongs to one acceptance alone, so what was held against the site once need not be again.
        self._fitted = {entry.number: self._fitted.get(entry.number) or fitted(entry, self._site) for entry in accepted}
        return [entry.accepted for entry in self._fitted.values()]

    def _say_oddities(self) -> None:
        """What the site cannot follow, said when that changes."""
        of_base = [
            f"the site's own schedule, {asset_id}: {beyond_limits(asset_id, target, self._site)}; capped"
            for asset_id, target in sorted(self._beyond.items())
        ]
        of_stored = [oddity for entry in self._fitted.values() for oddity in entry.oddities]
        for oddity in (*of_base, *of_stored):
            if oddity not in self.oddities:
                logger.warning("{}", oddity)
        self.oddities = (*of_base, *of_stored)

    def _cap_base(self, targets: dict[AssetId, int], stored: Mapping[AssetId, int]) -> None:
        """Cap what the base says for assets that can never do it: nobody carries what is beyond that."""
        for asset_id, bounds in self._site.bounded.items():
            target = targets.get(asset_id)
            if target is None or asset_id in stored or bounds.within(target) == target:
                continue
            targets[asset_id] = bounds.within(target)
            if asset_id not in self._beyond:
                self._beyond = {**self._beyond, asset_id: target}  # a new one: another thread reads it

    def read(self, *, wait_s: float) -> ScheduleReading:
        """The base schedule with the stored ones laid over it; waits for the base alone."""
        base = self._base.read(wait_s=wait_s)
        laid_out = self._laid_out
        holding = laid_out.at(self._clock.now(laid_out.line))
        stored = holding.stretch.merged.targets
        if base.targets is None and not stored:
            return base
        of_base = base.targets or {}
        targets = {**of_base, **stored}
        self._cap_base(targets, stored)
        return ScheduleReading(
            targets=targets,
            fault=base.fault,
            unreadable=tuple(asset_id for asset_id in base.unreadable if asset_id not in stored),
            decided_by={**dict.fromkeys(of_base, BASE.label), **holding.labels},
        )
