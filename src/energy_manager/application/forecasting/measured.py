"""What the site took and its producers gave, from the site's own history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from energy_manager.application.ports.records.history import History, Series, Steps, Window
from energy_manager.domain.forecast.steps import Floats, MeasuredSteps
from energy_manager.domain.quantities import AssetId

STEP_S = 900
DAYS = 63
"""Nine weeks: four of errors to learn from, each with the four weeks before it."""

# A quarter hour of which less is on record teaches nothing: a minute after a start is not what the quarter took.
_LEAST_SHARE = 2 / 3

# The newest records come in late.
_READ_AGAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Quarter hours up to now, kW; both begin with the same one. Gaps are not numbers."""

    load: MeasuredSteps
    production: MeasuredSteps

    @property
    def origin(self) -> int:
        """The step that has just begun."""
        return len(self.load.values)


@dataclass(slots=True, kw_only=True)
class MeasuredSite:
    """Reads the history once and then only what is new; not for the ticker's thread.

    The load is what the site takes beside its assets: import + output of all others. What they take is managed, and
    so left out. Production is that of ``producers``; what was curtailed is a gap, and so is a quarter hour of which
    less than two thirds are on record.
    """

    history: History
    meter: AssetId | None
    assets: Sequence[AssetId]
    producers: Sequence[AssetId]
    kw_per_step: float
    _known: Measured | None = field(default=None, init=False)

    def until(self, now: datetime) -> Measured:
        """All whole quarter hours of the last nine weeks.

        Raises:
            StoreUnavailable: the history cannot be read now.
        """
        end_s = int(now.timestamp()) // STEP_S * STEP_S
        start_s = end_s - DAYS * 86_400
        known, read_from_s = self._known, start_s
        if known is not None:
            known_end_s = int(known.load.start.timestamp()) + STEP_S * known.origin
            if start_s < known_end_s <= end_s:
                read_from_s = max(known_end_s - _READ_AGAIN * STEP_S, start_s)
        load, production = self._read(read_from_s, end_s)
        if known is not None and read_from_s > start_s:
            first = (start_s - int(known.load.start.timestamp())) // STEP_S
            kept = (read_from_s - start_s) // STEP_S
            load = np.concatenate([_from(known.load.values, first, kept), load])
            production = np.concatenate([_from(known.production.values, first, kept), production])
        start = datetime.fromtimestamp(start_s, tz=UTC)
        self._known = Measured(
            load=MeasuredSteps(start=start, step_s=STEP_S, values=load),
            production=MeasuredSteps(start=start, step_s=STEP_S, values=production),
        )
        return self._known

    def _read(self, since_s: int, until_s: int) -> tuple[Floats, Floats]:
        count = (until_s - since_s) // STEP_S
        if count == 0:
            return np.empty(0), np.empty(0)
        since = datetime.fromtimestamp(since_s, tz=UTC)
        window = Window.of(since, since + timedelta(seconds=count * STEP_S), STEP_S)
        names = dict.fromkeys([*self.assets, *self.producers])
        series = {name: self.history.series(name, window) for name in names}
        load = np.full(count, np.nan)
        if self.meter is not None:
            load = -self.kw_per_step * _values(self.history.series(self.meter, window).output)
            load = np.where(self._is_on_record(self.meter, window), load, np.nan)
            for name in self.assets:
                if not series[name].is_empty:
                    load = load + self.kw_per_step * _values(series[name].output)
        production = np.zeros(count) if self.producers else np.full(count, np.nan)
        for name in self.producers:
            delivered = np.where(self._is_on_record(name, window), uncurtailed(series[name]), np.nan)
            production = production + self.kw_per_step * delivered
        return np.maximum(load, 0.0), np.maximum(production, 0.0)

    def _is_on_record(self, asset_id: AssetId, window: Window) -> npt.NDArray[np.bool_]:
        return np.array(self.history.output_integrals((asset_id,), window)[asset_id].covered_s) >= _LEAST_SHARE * STEP_S


def uncurtailed(series: Series) -> Floats:
    """The output of a producer where nothing kept it from delivering what it could; else not a number.

    It was curtailed where its target was below what it could deliver, and it followed: one that delivered less than
    its target was short of sun and not of permission.
    """
    output, target, potential = _values(series.output), _values(series.target.min), _values(series.potential.max)
    was_limited = (target < potential - 1) & (_values(series.output.max) >= target - 1)
    return np.where(was_limited, np.nan, output)


def _values(steps: Steps | Sequence[float | None]) -> Floats:
    means = steps.mean if isinstance(steps, Steps) else steps
    return np.array([np.nan if value is None else value for value in means], dtype=float)


def _from(values: Floats, first: int, count: int) -> Floats:
    """``count`` values from one on; what lies before the first is not known."""
    before = np.full(max(-first, 0), np.nan)
    found: Floats = np.concatenate([before, values[max(first, 0) : max(first + count, 0)]])
    return found
