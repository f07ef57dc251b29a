"""Power and energy over a window, with gaps that are gaps: of an asset, the site, the grid connection, a storage.

Sums are made tick by tick and then aggregated: a sum of step means would leave out ticks in which some asset was not
mentioned. A value holds until the next one, but not for long: after ``LONGEST_HOLD_S`` it is a gap. Energy counts only
what is covered by records (``ports.records.integral``), so the running minute counts up to the last one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.application.explanation.outages import LONGEST_EXACT, Gap, outages
from energy_manager.application.explanation.what_if import WATTS
from energy_manager.application.ports.records.history import MINUTE_S, History, Window
from energy_manager.application.ports.records.integral import LEAST_OUTAGE_S, LONGEST_HOLD_S, Integral
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """When the loop ran: up to ``until`` but for the gaps, in order of time."""

    until: datetime
    gaps: tuple[Gap, ...] = ()

    def end_of(self, begin: datetime, end: datetime) -> datetime:
        """Up to when a value of the one instant holds that would hold until the other."""
        end = min(end, self.until)
        place = bisect_right(self.gaps, begin, key=lambda gap: gap.end)
        return min(end, self.gaps[place].start) if place < len(self.gaps) else end


def of_samples(
    window: Window,
    samples: Iterable[tuple[datetime, float]],
    hold_s: float = LONGEST_HOLD_S,
    recorded: Recorded | None = None,
) -> PowerSeries:
    """Samples in order of time, each holding until the next, at most ``hold_s`` and not into a gap.

    The last one counts until the end of the record; in the means it stands for a while longer, to be drawn.
    """
    counted = _Steps.of(window)
    hold = timedelta(seconds=hold_s)
    pending: tuple[datetime, float] | None = None
    for sample in samples:
        if pending is not None:
            _hold(counted, pending, min(sample[0], pending[0] + hold), recorded)
        pending = sample
    if pending is not None and recorded is not None:
        _hold(counted, pending, pending[0] + hold, recorded)
    drawn = _Steps(window=window, sums=[*counted.sums], held_s=[*counted.held_s])
    if pending is not None:
        stands = pending[0] + timedelta(seconds=min(window.step_s, hold_s / 6))
        if recorded is None or recorded.until < stands:
            drawn.count(pending[1], pending[0] if recorded is None else max(pending[0], recorded.until), stands)
    means = [total / held if held else None for total, held in zip(drawn.sums, drawn.held_s, strict=True)]
    kwh = (None if mean is None else total / 3600 for mean, total in zip(means, counted.sums, strict=True))
    return PowerSeries(window=window, mean=tuple(means), kwh=tuple(kwh))


def _hold(counted: _Steps, sample: tuple[datetime, float], end: datetime, recorded: Recorded | None) -> None:
    counted.count(sample[1], sample[0], end if recorded is None else recorded.end_of(sample[0], end))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Of each step the integral of what held in it, and for how long something did, s."""

    window: Window
    sums: list[float]
    held_s: list[float]

    @classmethod
    def of(cls, window: Window) -> _Steps:
        return cls(window=window, sums=[0.0] * window.count, held_s=[0.0] * window.count)

    def count(self, value: float, begin: datetime, end: datetime) -> None:
        """Count a value for as long as it held, in each step that it reached into."""
        window = self.window
        begins_s = max(0.0, (begin - window.start).total_seconds())
        ends_s = (end - window.start).total_seconds()
        while begins_s < ends_s:
            index = int(begins_s // window.step_s)
            if index >= window.count:
                return
            until_s = min(ends_s, (index + 1) * window.step_s)
            self.sums[index] += value * (until_s - begins_s)
            self.held_s[index] += until_s - begins_s
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
        return outages(self.history, window, longest_s=max(LEAST_OUTAGE_S, self.hold_s - LONGEST_HOLD_S))

    def of_asset(self, asset_id: AssetId, window: Window) -> PowerSeries:
        """What it delivered (> 0) or took (< 0), by what was measured, kW."""
        mean = self.history.series(asset_id, window).output.mean
        integral = self.history.output_integrals((asset_id,), window)[asset_id]
        return _over_time(window, mean, integral, kw=self.watts_per_step / 1000)

    def of_grid(self, window: Window) -> PowerSeries:
        """The import (> 0) or export (< 0) of the grid connection, kW."""
        mean = self.history.loop(window).import_kw.mean
        return _over_time(window, mean, self.history.import_integral(window), kw=1.0)

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
        kw, recorded = self.watts_per_step / 1000, self._recorded(window)
        measured = [
            (record.at, kw * sum(record.values.get(name) or 0 for name in self.assets))
            for record in self.history.rounds_of("output", window.start, window.end)
        ]
        return {
            "scheduled": of_samples(window, scheduled, self.hold_s, recorded),
            "target": of_samples(window, told, self.hold_s, recorded),
            "output": of_samples(window, measured, self.hold_s, recorded),
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
        recorded = self._recorded(window)
        return {
            "use": of_samples(window, use, self.hold_s, recorded),
            "sun": of_samples(window, sun, self.hold_s, recorded),
        }

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
        held = of_samples(window, samples, self.hold_s, self._recorded(window))
        before: float | None = None
        gained: list[float | None] = []
        for value in held.mean:
            gained.append(None if value is None or before is None else value - before)
            before = value
        return PowerSeries(window=window, mean=held.mean, kwh=tuple(gained))

    def _recorded(self, window: Window) -> Recorded | None:
        latest = self.history.tick_at(window.end)
        return None if latest is None else Recorded(until=min(latest.at, window.end), gaps=self.outages(window))


def _over_time(window: Window, mean: tuple[float | None, ...], integral: Integral, *, kw: float) -> PowerSeries:
    """A step into which a value reaches from before has its mean too."""
    steps = tuple(zip(mean, integral.covered_s, integral.total, strict=True))
    means = (_mean(value, covered_s, total) for value, covered_s, total in steps)
    kwh = (None if value is None and not covered_s else kw * total / 3600 for value, covered_s, total in steps)
    return PowerSeries(
        window=window, mean=tuple(None if value is None else kw * value for value in means), kwh=tuple(kwh)
    )


def _mean(value: float | None, covered_s: float, total: float) -> float | None:
    if value is None and covered_s:
        return total / covered_s
    return value


def _refuse_long(window: Window) -> None:
    if window.end - window.start > LONGEST_EXACT:
        hours = LONGEST_EXACT.total_seconds() / 3600
        message = f"more than {hours:g} h are not summed up tick by tick; see energy?by=day for longer"
        raise Refused([Fault(field="from", message=message)])
