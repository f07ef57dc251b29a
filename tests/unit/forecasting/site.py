"""A site whose history is a function of time: what its meter and assets delivered, in power steps."""

from datetime import UTC, datetime, timedelta

from energy_manager.application.forecasting.measured import MeasuredSite
from energy_manager.application.ports.records.history import Series, Steps

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
A_DAY = 96


class HistoryOf:
    """The part of the port ``History`` that forecasts read; ``reads`` counts the steps that were asked for."""

    def __init__(self, **outputs):
        self.outputs = outputs
        self.targets = {}
        self.potentials = {}
        self.reads = 0

    def series(self, asset_id, window):
        self.reads += window.count
        times = [window.start + timedelta(seconds=window.step_s * step) for step in range(window.count)]

        def steps(function):
            values = tuple(None if function is None else function(at) for at in times)
            return Steps(min=values, mean=values, max=values)

        return Series(
            asset_id=asset_id,
            window=window,
            scheduled=steps(None),
            target=steps(self.targets.get(asset_id)),
            potential=steps(self.potentials.get(asset_id)),
            output=steps(self.outputs.get(asset_id)),
        )


def measured(history, *, producers=("pv",), assets=("pv", "battery")):
    return MeasuredSite(history=history, meter="meter", assets=assets, producers=producers, kw_per_step=0.001)
