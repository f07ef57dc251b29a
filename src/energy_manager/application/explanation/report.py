"""Gather what a report shows, as finely as it can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.explanation.explain import NothingRecorded
from energy_manager.application.explanation.series import MOST_POINTS, fitting_step_s
from energy_manager.application.explanation.wording import moment
from energy_manager.application.ports.history import HOUR_S, History, Series, Window
from energy_manager.application.ports.report import Report
from energy_manager.domain.quantities import AssetId

ALL_POINTS = 150_000
"""Steps of all assets together, so that a report of many assets stays small."""

FEWEST_POINTS = 100
"""Steps of an asset, however many there are."""

MOST_CHANGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherReport:
    """Read the history of a stretch of time."""

    history: History

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
        return Report(
            since=since,
            until=until,
            power_unit="" if latest is None else latest.power_unit,
            loop=loop,
            assets=self._assets(since, until),
            changes=changes[-MOST_CHANGES:],
            changes_left_out=max(0, len(changes) - MOST_CHANGES),
            troubles=sum(not change.is_good for change in changes),
        )

    def _assets(self, since: datetime, until: datetime) -> tuple[Series, ...]:
        known = self._known(since, until)
        points = max(FEWEST_POINTS, min(MOST_POINTS, ALL_POINTS // max(1, len(known))))
        window = Window.of(since, until, fitting_step_s(since, until, most_points=points))
        series = (self.history.series(asset_id, window) for asset_id in known)
        return tuple(entry for entry in series if not entry.is_empty)

    def _known(self, since: datetime, until: datetime) -> list[AssetId]:
        """Every asset on record in the hours around."""
        hours = -(-(until - since).total_seconds() // HOUR_S) + 1
        return [entry.asset_id for entry in self.history.fleet(Window.of_hours(since, until, int(hours)))]
