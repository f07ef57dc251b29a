"""Powers of records in memory integrated over time; apart from the history, for numpy takes long to load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from energy_manager.adapters.storage.integration import US_PER_S, Read, Recorded, integrated
from energy_manager.application.ports.records.history import History, Window
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import microseconds, time_of


def output_integral_of(history: History, asset_id: AssetId, window: Window) -> Integral:
    """As ``History.output_integrals`` for one asset, from its records."""

    def read(since_us: int, until_us: int) -> Recorded:
        since, until = time_of(since_us), time_of(until_us)
        rounds = [(entry.at, entry.statuses.get(asset_id)) for entry in history.statuses(since, until)]
        outputs = [(at, None if status is None else status.output) for at, status in rounds]
        return _recorded(outputs, history.ticks(since, until))

    return _over_time(read, window)


def import_integral_of(history: History, window: Window) -> Integral:
    """As ``History.import_integral``, from its records."""

    def read(since_us: int, until_us: int) -> Recorded:
        ticks = list(history.ticks(time_of(since_us), time_of(until_us)))
        imports = [(tick.at, None if tick.hold is None else tick.hold.import_kw) for tick in ticks]
        return _recorded(imports, ticks)

    return _over_time(read, window)


def _recorded(values: Sequence[tuple[datetime, float | None]], ticks: Iterable[Tick]) -> Recorded:
    known = [math.nan if value is None else value for _, value in values]
    return Recorded(
        at_us=np.array([microseconds(at) for at, _ in values], np.int64),
        values=np.array(known, np.float64)[:, np.newaxis],
        ticks_us=np.array([microseconds(tick.at) for tick in ticks], np.int64),
    )


def _over_time(read: Read, window: Window) -> Integral:
    step_us = US_PER_S * window.step_s
    return integrated(read, start_us=microseconds(window.start), step_us=step_us, steps=window.count).told()
