"""What happened, kept so that it can be shown, explained and replayed.

Wall-clock times here are aware and in UTC; powers are whole power steps, positive = production.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.kept_fields import kept_fields
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

MINUTE_S = 60
"""Beyond the newest hours, history is at hand in whole minutes; finer steps are worked out from the ticks."""

HOUR_S = 3600

MAX_STEPS = 50_000
"""Steps in one answer: 30 days by the minute, or a day by the tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOf:
    """The last good word of a device at a round of statuses, ``age_s`` seconds old then (kept to the millisecond).

    ``output`` is signed; records of before that cut it at 0, and lack what stands below ``age_s``.

    A new field is one line, named as in ``AssetStatus`` (see ``kept_fields``).
    """

    output: int | None
    potential: int
    age_s: float
    lowest: int | None = None
    highest: int | None = None
    stored_wh: float | None = None

    @classmethod
    def of(cls, status: AssetStatus, *, at_s: float) -> StatusOf:
        """The status as it is kept; ``at_s`` is when, on the clock of ``taken_at_s``."""
        said = {of.name: getattr(status, of.name) for of in kept_fields(cls) if of.name != "age_s"}
        return cls(age_s=status.age_s(at_s), **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRecord:
    """A round of statuses; a device that is not in it had none that may be believed."""

    at: datetime
    statuses: Mapping[AssetId, StatusOf]


@dataclass(frozen=True, slots=True, kw_only=True)
class TickTotal:
    """What all assets together were scheduled and told at a tick; a released one is told nothing, which counts as 0."""

    at: datetime
    scheduled: int
    target: int
    power_unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOf:
    """One field of ``StatusOf`` at a round of statuses, of each asset that had one; None where it said none."""

    at: datetime
    values: Mapping[AssetId, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChangeRecord:
    """A device began or ceased to fail or to be late; without an asset it is about the site."""

    at: datetime
    asset_id: AssetId | None
    is_good: bool
    sentence: str


Record: TypeAlias = Tick | StatusRecord | DeviceChangeRecord


class Recorder(Protocol):
    """Takes records; the ticker may call it."""

    def record(self, record: Record) -> None:
        """Take the record; returns within microseconds whatever the store does, and never raises.

        What cannot be kept for long is dropped, oldest first, and counted.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time cut into steps ``[start + i·step_s, start + (i + 1)·step_s)``; the last may reach beyond it.

    ``of`` makes one of any wish. A step of a minute or more is a whole number of minutes and begins on one.
    """

    start: datetime
    step_s: int
    count: int

    @classmethod
    def of(cls, since: datetime, until: datetime, step_s: int) -> Window:
        """The window that covers ``[since, until)`` in steps of at least ``step_s`` seconds.

        Raises:
            Refused: a time has no zone, ``until`` is not after ``since``, the step is under a second, or there would
                be more than ``MAX_STEPS`` steps.
        """
        faults = [
            Fault(field=name, message=f"{instant.isoformat()} has no time zone")
            for name, instant in (("from", since), ("to", until))
            if instant.utcoffset() is None
        ]
        if step_s < 1:
            faults.append(Fault(field="step", message=f"{step_s} s is less than one second"))
        if faults:
            raise Refused(faults)
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        if until <= since:
            raise Refused([Fault(field="to", message=f"{until.isoformat()} is not after {since.isoformat()}")])
        if step_s >= MINUTE_S:
            step_s = -(-step_s // MINUTE_S) * MINUTE_S
            since = since.replace(second=0, microsecond=0)
        count = -(-(until - since) // timedelta(seconds=step_s))
        if count > MAX_STEPS:
            least_s = -(-(until - since) // timedelta(seconds=MAX_STEPS))
            sentence = f"{step_s} s would make {count} steps, more than {MAX_STEPS}: at least {least_s} s"
            raise Refused([Fault(field="step", message=sentence)])
        return cls(start=since, step_s=step_s, count=count)

    @classmethod
    def of_hours(cls, since: datetime, until: datetime, step_h: int = 1) -> Window:
        """The window that covers ``[since, until)`` in steps of whole hours that begin on the hour in UTC.

        Raises:
            Refused: as ``of``.
        """
        if since.utcoffset() is not None:
            since = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return cls.of(since, until, step_h * HOUR_S)

    @property
    def is_of_hours(self) -> bool:
        """Whether every step is whole hours of UTC."""
        start_s = self.start.timestamp()
        return self.step_s % HOUR_S == 0 and start_s % HOUR_S == 0

    @property
    def end(self) -> datetime:
        """Where the last step ends."""
        return self.start + timedelta(seconds=self.step_s * self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Least, mean and greatest value in each step of a window, None where nothing is known.

    The least and the greatest of whole power steps are whole numbers.
    """

    min: tuple[float | None, ...]
    mean: tuple[float | None, ...]
    max: tuple[float | None, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known in any step."""
        return all(value is None for value in self.mean)


def refuse_unless_of_hours(window: Window) -> None:
    """Check what ``History.fleet`` asks of a window.

    Raises:
        Refused: its steps are not whole hours of UTC.
    """
    if not window.is_of_hours:
        sentence = f"{window.step_s} s from {window.start.isoformat()} on is not whole hours of UTC"
        raise Refused([Fault(field="step", message=sentence)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One asset's history over a window: what was scheduled and told, what it could and did deliver."""

    asset_id: AssetId
    window: Window
    scheduled: Steps
    target: Steps
    potential: Steps
    output: Steps

    @property
    def is_empty(self) -> bool:
        """Whether the asset is not mentioned in the window."""
        return all(steps.is_empty for steps in (self.scheduled, self.target, self.potential, self.output))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSeries:
    """How the loop did over a window: ticks and those with a shortfall by step, lag, shortfall in power steps.

    Import at the PCC and its limits are empty where no grid limit was held.
    """

    window: Window
    ticks: tuple[int, ...]
    short_ticks: tuple[int, ...]
    lag_s: Steps
    shortfall: Steps
    import_kw: Steps
    import_limit_kw: Steps
    export_limit_kw: Steps


class History(Protocol):
    """What was recorded, up to a few seconds ago. Not for the ticker's thread.

    Raises:
        StoreUnavailable: the store cannot be read now.
    """

    def series(self, asset_id: AssetId, window: Window) -> Series:
        """One asset's history, downsampled."""
        ...

    def fleet(self, window: Window) -> tuple[Series, ...]:
        """The history of every asset on record in the window, in order of first mention.

        Raises:
            Refused: the window's steps are not whole hours of UTC (``Window.of_hours``).
        """
        ...

    def loop(self, window: Window) -> LoopSeries:
        """How the loop did, downsampled from the ticks; takes a while for many days."""
        ...

    def output_integrals(self, assets: Sequence[AssetId], window: Window) -> dict[AssetId, Integral]:
        """The measured output of assets over time, power steps × s; minutes of older stores count as whole ones."""
        ...

    def import_integral(self, window: Window) -> Integral:
        """The import at the PCC over time, kW × s; takes a while for many days."""
        ...

    def ticks(self, since: datetime, until: datetime) -> Iterator[Tick]:
        """The ticks in ``[since, until)``, in order of time, exactly as recorded."""
        ...

    def statuses(self, since: datetime, until: datetime) -> Iterator[StatusRecord]:
        """The rounds of statuses in ``[since, until)``, in order of time, exactly as recorded."""
        ...

    def tick_totals(self, since: datetime, until: datetime) -> Iterator[TickTotal]:
        """The sums of ``ticks``, for a tenth of the work."""
        ...

    def rounds_of(self, field: str, since: datetime, until: datetime) -> Iterator[RoundOf]:
        """One field of ``statuses``, for a fraction of the work."""
        ...

    def tick_at(self, instant: datetime) -> Tick | None:
        """The last tick at or before the instant: what was decided then."""
        ...

    def statuses_at(self, instant: datetime) -> StatusRecord | None:
        """The last round of statuses at or before the instant."""
        ...

    def device_changes(
        self, since: datetime, until: datetime, *, asset_id: AssetId | None = None
    ) -> tuple[DeviceChangeRecord, ...]:
        """What changed in ``[since, until)``, of one asset or of all and the site, in order of time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept, and how much of it; the older goes first.

    Ticks and statuses in full detail for ``detail_days``; by the minute, with device changes and with schedules that
    have ended, for ``summary_days``. ``max_bytes`` bounds all records together, as stored, before the database's own
    overhead (about a tenth).
    """

    detail_days: float = 30.0
    summary_days: float = 400.0
    max_bytes: int = 2_000_000_000
