"""Beside the loop: something is planned anew on its period, and the plan is its schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.domain.errors import EnergyManagerError, Refused
from energy_manager.domain.forecast import IssuedForecast
from energy_manager.domain.schedule import Schedule

RETRY = timedelta(seconds=10)
"""What failed may go well soon: a status comes in, a store is back."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A planning that was begun: when, from which versions of what, and whether it came to a schedule."""

    at: datetime
    versions: Mapping[str, int]
    went_well: bool


def is_due(last: Attempt | None, *, now: datetime, versions: Mapping[str, int], period: timedelta) -> bool:
    """Whether to plan now.

    At the start, when a version changed, in every period (counted since 1970) anew, and after a failure again soon.
    """
    if last is None or last.versions != versions:
        return True
    if (now - _EPOCH) // period != (last.at - _EPOCH) // period:
        return True
    return not last.went_well and abs(now - last.at) >= RETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnew:
    """The schedule that a plan became, and the plan in a few words."""

    schedule: Schedule
    sentence: str


@dataclass(slots=True, kw_only=True)
class RollingPlan(ABC):
    """Looks whether it is time, plans elsewhere, and has the plan kept; a failure leaves the schedule as it is.

    ``trouble`` says why the last try came to nothing, or is
    empty; ``made_at`` and ``proof`` are of the last plan that was kept.
    """

    period: timedelta
    schedules: ScheduleRepository
    now: Callable[[], datetime]
    journal: Journal
    _last: Attempt | None = field(default=None, init=False)
    _trouble: object = field(default=None, init=False)
    trouble: str = field(default="", init=False)
    proof: str = field(default="", init=False)
    made_at: datetime | None = field(default=None, init=False)

    @property
    def expected(self) -> tuple[IssuedForecast, ...]:
        """What the last plan was made from, where that is not in the store."""
        return ()

    @property
    def next_at(self) -> datetime:
        """When the next plan is due, unless what it is made from changes before."""
        return _EPOCH + ((self.now() - _EPOCH) // self.period + 1) * self.period

    @property
    @abstractmethod
    def subject(self) -> str:
        """What is planned, for people."""

    @abstractmethod
    def versions(self, now: datetime) -> Mapping[str, int]:
        """The versions of what a plan is made from: another one is a reason to plan."""

    @abstractmethod
    async def make(self, now: datetime) -> PlannedAnew:
        """The plan of this moment; raises ``EnergyManagerError`` where there is none."""

    def take_over(self, planned: PlannedAnew) -> None:  # noqa: B027 - few do
        """What else follows from a plan once its schedule is kept."""

    async def look(self) -> None:
        """Plan if it is time to."""
        now = self.now()
        versions = self._last.versions if self._last is not None else {}
        try:
            versions = self.versions(now)
            if not is_due(self._last, now=now, versions=versions, period=self.period):
                return
            planned = await self.make(now)
            self.schedules.put(planned.schedule)
            self.take_over(planned)
        except EnergyManagerError as error:
            self._last = Attempt(at=now, versions=versions, went_well=False)
            self._tell_of(error)
        else:
            self._last = Attempt(at=now, versions=versions, went_well=True)
            self._trouble, self.trouble = None, ""
            self.made_at, self.proof = now, planned.sentence
            self._notice(planned.sentence, is_good=True)

    def _tell_of(self, error: EnergyManagerError) -> None:
        """Say it once; it is another trouble when other fields are at fault, or it is of another kind."""
        self.trouble = f"No new plan for {self.subject}: {error}."
        fields = tuple(fault.field for fault in error.faults) if isinstance(error, Refused) else ()
        trouble = (type(error), fields)
        if trouble != self._trouble:
            self._trouble = trouble
            self._notice(f"there is no new plan, the schedule stays as it is: {error}", is_good=False)

    def _notice(self, sentence: str, *, is_good: bool) -> None:
        self.journal.record(Noticed(is_good=is_good, sentence=f"{self.subject}: {sentence}"))
