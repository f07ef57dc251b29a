"""A site whose history is a function of time: what its meter and assets delivered, in power steps."""

import functools
from datetime import UTC, datetime, timedelta

from energy_manager.application.forecasting.measured import MeasuredSite
from energy_manager.application.ports.records.history import Series, Steps
from energy_manager.application.ports.records.integral import Integral

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
A_DAY = 96


@functools.lru_cache(maxsize=4)
def beginnings(window):
    return [window.start + timedelta(seconds=window.step_s * step) for step in range(window.count)]


class HistoryOf:
    """The part of the port ``History`` that forecasts read; ``reads`` counts the steps that were asked for.

    It goes back for ever, unless it ``began``.
    """

    def __init__(self, **outputs):
        self.outputs = outputs
        self.targets = {}
        self.potentials = {}
        self.reads = 0
        self.began = datetime.min.replace(tzinfo=UTC)

    def series(self, asset_id, window):
        self.reads += window.count

        def steps(function):
            values = (None,) * window.count if function is None else tuple(map(function, beginnings(window)))
            return Steps(min=values, mean=values, max=values)

        return Series(
            asset_id=asset_id,
            window=window,
            scheduled=steps(None),
            target=steps(self.targets.get(asset_id)),
            potential=steps(self.potentials.get(asset_id)),
            output=steps(self.outputs.get(asset_id)),
        )

    def output_integrals(self, assets, window):
        """All of each step since the record began, and nothing before."""
        first_s = (window.start - self.began).total_seconds() + window.step_s
        left_s = range(int(first_s), int(first_s) + window.step_s * window.count, window.step_s)
        covered_s = tuple(float(min(max(seconds, 0), window.step_s)) for seconds in left_s)
        return dict.fromkeys(assets, Integral(covered_s=covered_s, total=()))


def measured(history, *, producers=("pv",), assets=("pv", "battery")):
    return MeasuredSite(history=history, meter="meter", assets=assets, producers=producers, kw_per_step=0.001)
