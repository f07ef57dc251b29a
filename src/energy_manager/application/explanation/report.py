"""Gather what a report shows, as finely as it can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.application.explanation.energy import energy_of, windows_of
from energy_manager.application.explanation.explain import NothingRecorded
from energy_manager.application.explanation.power_series import ReadPower, of_samples
from energy_manager.application.explanation.series import MOST_POINTS, fitting_step_s
from energy_manager.application.explanation.what_if import WATTS
from energy_manager.application.explanation.wording import moment
from energy_manager.application.ports.records.history import HOUR_S, History, Series, Window
from energy_manager.application.ports.records.report import UNNAMED, AssetEnergy, DaySavings, Report, SiteName, Together
from energy_manager.domain.quantities import AssetId

ALL_POINTS = 150_000
"""Steps of all assets together, so that a report of many assets stays small."""

FEWEST_POINTS = 100
"""Steps of an asset, however many there are."""

MOST_CHANGES = 500

LONGEST_SUM = timedelta(days=8)
"""So much is summed up tick by tick; a month takes a minute or more."""

_DAY = timedelta(days=1)


def _no_savings(since: datetime, until: datetime) -> tuple[DaySavings, ...]:  # noqa: ARG001 - as all that tell savings
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherReport:
    """Read the history of a stretch of time of the site."""

    history: History
    site: SiteName = UNNAMED
    savings: Callable[[datetime, datetime], tuple[DaySavings, ...]] = _no_savings
    """Of a site that is planned for least cost, the days of a stretch of time."""

    def __call__(self, since: datetime, until: datetime) -> Report:
        """What was recorded in ``[since, until)``.

        Raises:
            NothingRecorded: nothing was.
            Refused: the times are not in order.
            StoreUnavailable: the store cannot be read now.
        """
        loop = self.history.loop(Window.of(since, until, fitting_step_s(since, until)))
        if not any(loop.ticks):
            raise NothingRecorded(f"nothing was recorded from {moment(since)} to {moment(until)}")
        changes = self.history.device_changes(since, until)
        latest = self.history.tick_at(until)
        assets = self._assets(since, until)
        unit = "" if latest is None else latest.power_unit
        return Report(
            site=self.site,
            since=since,
            until=until,
            power_unit=unit,
            loop=loop,
            assets=assets,
            together=self._together(assets, since, until),
            energy=tuple(self._energy(assets, since, until, WATTS[unit])),
            changes=changes[-MOST_CHANGES:],
            changes_left_out=max(0, len(changes) - MOST_CHANGES),
            savings=self.savings(since, until),
            troubles=sum(not change.is_good for change in changes),
        )

    def _assets(self, since: datetime, until: datetime) -> tuple[Series, ...]:
        known = self._known(since, until)
        points = max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // max(1, len(known))))
        window = Window.of(since, until, fitting_step_s(since, until, most_points=points))
        series = (self.history.series(asset_id, window) for asset_id in known)
        return tuple(entry for entry in series if not entry.is_empty)

    def _together(self, assets: tuple[Series, ...], since: datetime, until: datetime) -> Together | None:
        told = frozenset(series.asset_id for series in assets if not series.target.is_empty)
        if not told or until - since > LONGEST_SUM:
            return None
        window = Window.of(since, until, fitting_step_s(since, until))
        scheduled, target = list[tuple[datetime, float]](), list[tuple[datetime, float]]()
        watts = WATTS[""]
        for tick in self.history.tick_totals(window.start, window.end):
            watts = WATTS.get(tick.power_unit, watts)
            scheduled.append((tick.at, watts / 1000 * tick.scheduled))
            target.append((tick.at, watts / 1000 * tick.target))
        measured = (
            (record.at, watts / 1000 * sum(outputs))
            for record in self.history.rounds_of("output", window.start, window.end)
            if (outputs := [power for name, power in record.values.items() if name in told and power is not None])
        )
        return Together(
            window=window,
            scheduled=of_samples(window, scheduled).mean,
            target=of_samples(window, target).mean,
            output=of_samples(window, measured).mean,
        )

    def _energy(
        self, assets: tuple[Series, ...], since: datetime, until: datetime, watts_per_step: int
    ) -> Iterator[AssetEnergy]:
        """As ``/api/v1/energy`` counts it, by the minute."""
        power = ReadPower(history=self.history, watts_per_step=watts_per_step, assets=())
        known = [series.asset_id for series in assets]
        days = [energy_of(power, known, windows_of(power, start, end)) for start, end in _days(since, until)]
        for asset_id in known:
            yield AssetEnergy(
                asset_id=asset_id,
                delivered_kwh=sum(day[asset_id].delivered_kwh for day in days),
                taken_kwh=sum(day[asset_id].taken_kwh for day in days),
                unknown_min=sum(day[asset_id].unknown_min for day in days),
            )

    def _known(self, since: datetime, until: datetime) -> list[AssetId]:
        """Every asset on record in the hours around."""
        hours = -(-(until - since).total_seconds() // HOUR_S) + 1
        return [entry.asset_id for entry in self.history.fleet(Window.of_hours(since, until, int(hours)))]


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time in pieces of at most a day; all but the first begin on whole minutes."""
    start, end = since, since.replace(second=0, microsecond=0) + _DAY
    while start < until:
        yield start, min(until, end)
        start, end = end, end + _DAY
