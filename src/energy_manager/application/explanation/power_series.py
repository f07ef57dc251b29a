"""Power and energy over a window, with gaps that are gaps: of an asset, the site, the grid connection, a storage.

Sums are made tick by tick and then aggregated: a sum of step means would leave out ticks in which some asset was not
mentioned. A value holds until the next one, but not for long: after ``LONGEST_HOLD_S`` it is a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.application.explanation.outages import LEAST_S, LONGEST_EXACT, Gap, outages
from energy_manager.application.explanation.what_if import WATTS
from energy_manager.application.ports.records.history import HOUR_S, MINUTE_S, History, Window
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

LONGEST_HOLD_S = 60.0

MOST_ASSET_DAYS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSeries:
    """By step of the window: mean, kW (of a storage: what it holds, kWh), and energy, kWh; None = a gap."""

    window: Window
    mean: tuple[float | None, ...]
    kwh: tuple[float | None, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Where nothing is known, steps in a row as one."""
        return tuple(_gaps(self.window, self.mean))


def _gaps(window: Window, values: tuple[float | None, ...]) -> Iterator[Gap]:
    first: int | None = None
    for index, value in enumerate((*values, 0.0)):
        if value is None and first is None:
            first = index
        elif value is not None and first is not None:
            step = timedelta(seconds=window.step_s)
            yield Gap(start=window.start + first * step, end=window.start + index * step)
            first = None


def of_samples(
    window: Window, samples: Iterable[tuple[datetime, float]], hold_s: float = LONGEST_HOLD_S
) -> PowerSeries:
    """Samples in order of time, each holding until the next, at most ``hold_s``."""
    sums = [0.0] * window.count
    held_s = [0.0] * window.count
    pending: tuple[datetime, float] | None = None
    for sample in samples:
        if pending is not None:
            lasted_s = (sample[0] - pending[0]).total_seconds()
            _hold(window, pending, min(lasted_s, hold_s), sums, held_s)
        pending = sample
    if pending is not None:
        _hold(window, pending, min(window.step_s, hold_s / 6), sums, held_s)
    mean = tuple(total / held if held else None for total, held in zip(sums, held_s, strict=True))
    kwh = tuple(total / 3600 if held else None for total, held in zip(sums, held_s, strict=True))
    return PowerSeries(window=window, mean=mean, kwh=kwh)


def _hold(
    window: Window, sample: tuple[datetime, float], lasted_s: float, sums: list[float], held_s: list[float]
) -> None:
    """Count a value for as long as it held, in each step that it reached into."""
    begins_s = (sample[0] - window.start).total_seconds()
    ends_s = begins_s + max(lasted_s, 0.0)
    begins_s = max(0.0, begins_s)
    while begins_s < ends_s:
        index = int(begins_s // window.step_s)
        if index >= window.count:
            return
        until_s = min(ends_s, (index + 1) * window.step_s)
        sums[index] += sample[1] * (until_s - begins_s)
        held_s[index] += until_s - begins_s
        begins_s = until_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPower:
    """Looks power up in the history.

    Args:
        history: what was recorded.
        watts_per_step: what a power step is.
        assets: those that deliver and take: all but meters.
        meter: what measures the grid connection; None: nothing does.
        producers: of the assets those that only deliver.
        hold_s: for how long a value holds until the next one; more where simulated days pass in minutes.
    """

    history: History
    watts_per_step: int
    assets: tuple[AssetId, ...]
    meter: AssetId | None = None
    producers: tuple[AssetId, ...] = ()
    hold_s: float = LONGEST_HOLD_S

    @property
    def finest_s(self) -> int:
        """The shortest step, whole minutes, in which something is measured as long as the site runs."""
        return MINUTE_S * math.ceil(self.hold_s / MINUTE_S)

    def outages(self, window: Window) -> tuple[Gap, ...]:
        """When nothing ran, exact to the tick."""
        return outages(self.history, window, longest_s=max(LEAST_S, self.hold_s - LONGEST_HOLD_S))

    def of_asset(self, asset_id: AssetId, window: Window) -> PowerSeries:
        """What it delivered (> 0) or took (< 0), by what was measured, kW."""
        mean = self.history.series(asset_id, window).output.mean
        return self._of_means(window, mean)

    def of_grid(self, window: Window) -> PowerSeries:
        """The import (> 0) or export (< 0) of the grid connection, kW."""
        mean = self.history.loop(window).import_kw.mean
        kwh = tuple(None if value is None else value * window.step_s / 3600 for value in mean)
        return PowerSeries(window=window, mean=mean, kwh=kwh)

    def of_site(self, window: Window) -> dict[str, PowerSeries]:
        """All assets together, kW: what was scheduled and told at each tick, what was measured in each round.

        Raises:
            Refused: the window is too long to be summed up tick by tick.
        """
        _refuse_long(window)
        scheduled: list[tuple[datetime, float]] = []
        told: list[tuple[datetime, float]] = []
        for tick in self.history.tick_totals(window.start, window.end):
            kw = WATTS.get(tick.power_unit, WATTS[""]) / 1000
            scheduled.append((tick.at, kw * tick.scheduled))
            told.append((tick.at, kw * tick.target))
        kw = self.watts_per_step / 1000
        measured = [
            (record.at, kw * sum(record.values.get(name) or 0 for name in self.assets))
            for record in self.history.rounds_of("output", window.start, window.end)
        ]
        return {
            "scheduled": of_samples(window, scheduled, self.hold_s),
            "target": of_samples(window, told, self.hold_s),
            "output": of_samples(window, measured, self.hold_s),
        }

    def of_use(self, window: Window) -> dict[str, PowerSeries]:
        """What the site takes beside its assets, and what its producers deliver, kW: by the statuses of each round.

        The first is import + output of all assets, as the forecast ``load`` has it (``forecasting.MeasuredSite``).

        Raises:
            Refused: the window is too long to be summed up round by round.
        """
        _refuse_long(window)
        use: list[tuple[datetime, float]] = []
        sun: list[tuple[datetime, float]] = []
        kw = self.watts_per_step / 1000
        for record in self.history.rounds_of("output", window.start, window.end):
            output = {name: power for name, power in record.values.items() if power is not None}
            if self.meter is not None and self.meter in output:
                delivered = sum(output.get(name, 0) for name in self.assets)
                use.append((record.at, kw * (delivered - output[self.meter])))
            if any(name in output for name in self.producers):
                sun.append((record.at, kw * sum(output.get(name, 0) for name in self.producers)))
        return {"use": of_samples(window, use, self.hold_s), "sun": of_samples(window, sun, self.hold_s)}

    def of_storage(self, asset_id: AssetId, window: Window) -> PowerSeries:
        """What a storage held, kWh (``mean``), by what was measured; ``kwh`` is how much it gained in each step.

        Raises:
            Refused: the window is too long to be looked through round by round.
        """
        _refuse_long(window)
        samples = [
            (record.at, stored_wh / 1000)
            for record in self.history.rounds_of("stored_wh", window.start, window.end)
            if (stored_wh := record.values.get(asset_id)) is not None
        ]
        held = of_samples(window, samples, self.hold_s)
        before: float | None = None
        gained: list[float | None] = []
        for value in held.mean:
            gained.append(None if value is None or before is None else value - before)
            before = value
        return PowerSeries(window=window, mean=held.mean, kwh=tuple(gained))

    def _of_means(self, window: Window, mean: tuple[float | None, ...]) -> PowerSeries:
        kw = tuple(None if value is None else value * self.watts_per_step / 1000 for value in mean)
        kwh = tuple(None if value is None else value * window.step_s / 3600 for value in kw)
        return PowerSeries(window=window, mean=kw, kwh=kwh)


def _refuse_long(window: Window) -> None:
    if window.end - window.start > LONGEST_EXACT:
        hours = LONGEST_EXACT.total_seconds() / 3600
        message = f"more than {hours:g} h are not summed up tick by tick; see energy?by=day for longer"
        raise Refused([Fault(field="from", message=message)])


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """An asset's day: what it delivered and took, kWh, and for how many minutes nothing is known."""

    asset_id: AssetId
    start: datetime
    end: datetime
    delivered_kwh: float
    taken_kwh: float
    unknown_min: int


def energy_by_day(
    power: ReadPower, days: list[tuple[datetime, datetime]], assets: tuple[AssetId, ...]
) -> tuple[DayEnergy, ...]:
    """By asset and day, from its minutes (``finest_s``), each as its mean, so nothing is netted beyond a minute.

    Raises:
        Refused: these are too many days of too many assets for one answer.
    """
    if len(days) * len(assets) > MOST_ASSET_DAYS:
        message = f"{len(days)} days of {len(assets)} assets are more than {MOST_ASSET_DAYS} together"
        raise Refused([Fault(field="from", message=message)])
    return tuple(day for asset_id in assets for day in _of_days(power, asset_id, days))


def _of_days(power: ReadPower, asset_id: AssetId, days: list[tuple[datetime, datetime]]) -> Iterator[DayEnergy]:
    """Only days of which something is known are looked through minute by minute: most of a year are not."""
    hours = Window.of_hours(days[0][0], days[-1][1])
    is_known = [value is not None for value in power.of_asset(asset_id, hours).mean]
    for start, end in days:
        first, last = (int((at - hours.start).total_seconds() // HOUR_S) for at in (start, end))
        if any(is_known[first : last + 1]):
            yield energy_of(power, asset_id, start, end)
        else:
            minutes = Window.of(start, end, power.finest_s).count * (power.finest_s // MINUTE_S)
            yield DayEnergy(
                asset_id=asset_id, start=start, end=end, delivered_kwh=0.0, taken_kwh=0.0, unknown_min=minutes
            )


def energy_of(power: ReadPower, asset_id: AssetId, start: datetime, end: datetime) -> DayEnergy:
    """What an asset delivered and took in up to 34 days, by the minute."""
    step_min = power.finest_s // MINUTE_S
    known = power.of_asset(asset_id, Window.of(start, end, power.finest_s)).kwh
    return DayEnergy(
        asset_id=asset_id,
        start=start,
        end=end,
        delivered_kwh=sum(value for value in known if value is not None and value > 0),
        taken_kwh=sum(-value for value in known if value is not None and value < 0),
        unknown_min=step_min * sum(value is None for value in known),
    )
