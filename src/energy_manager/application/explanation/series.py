"""One asset's history, in steps that a person can look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.explanation.explain import NothingRecorded, refuse_unless_mentioned
from energy_manager.application.explanation.wording import moment
from energy_manager.application.ports.records.history import MINUTE_S, History, Series, Window
from energy_manager.domain.quantities import AssetId

MOST_POINTS = 1_500
"""Steps unless told otherwise: about the width of a screen."""

FINEST_S = 5
"""Unless told otherwise, coarser steps than this are whole minutes: those are at hand, all else is worked out."""


def fitting_step_s(since: datetime, until: datetime, *, most_points: int = MOST_POINTS) -> int:
    """A step, s, that makes at most so many of the time in between."""
    step_s = max(1, math.ceil((until - since).total_seconds() / most_points))
    return step_s if step_s <= FINEST_S else -(-step_s // MINUTE_S) * MINUTE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSeries:
    """An asset's history and what a power step was in it (``kW``, ``W``; empty in older records)."""

    series: Series
    power_unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSeries:
    """Look up an asset's history; an asset that is not of the site is no asset without history."""

    history: History
    assets: tuple[AssetId, ...] = ()

    def __call__(self, asset_id: AssetId, window: Window) -> ToldSeries:
        """The asset's history over the window.

        Raises:
            NothingRecorded: there is no record at all up to the window's end.
            Refused: the asset has no history in it, and neither the last tick nor the site knows it.
            StoreUnavailable: the store cannot be read now.
        """
        tick = self.history.tick_at(window.end)
        series = self.history.series(asset_id, window)
        if series.is_empty and tick is None:
            raise NothingRecorded(f"nothing was recorded before {moment(window.end)}")
        if series.is_empty and tick is not None and asset_id not in self.assets:
            refuse_unless_mentioned(asset_id, tick)
        return ToldSeries(series=series, power_unit="" if tick is None else tick.power_unit)
