"""Least, mean and greatest by step: from the sums of hours where there are some, from chunks elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from energy_manager.adapters.storage.integration import US_PER_S, OverTime
from energy_manager.adapters.storage.sql.history.aggregate import FIELDS, Aggregates
from energy_manager.adapters.storage.sql.history.array_codec import Array
from energy_manager.adapters.storage.sql.history.buffer import MINUTE_US
from energy_manager.adapters.storage.sql.history.chunk_decoding import samples_of
from energy_manager.adapters.storage.sql.history.chunks import asset_key, every_chunk, read_asset_set
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.history.integrals import integrals_of, of_minutes
from energy_manager.adapters.storage.sql.history.rollup import FIELDS_OF, HOUR_US, MINUTES, AggregateGrid
from energy_manager.adapters.storage.sql.tables import hours, minutes
from energy_manager.application.ports.records.history import MINUTE_S, Series, Window
from energy_manager.application.ports.records.integral import Integral
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import microseconds

_OF_HOUR_US = np.arange(MINUTES, dtype=np.int64) * MINUTE_US


def series_of(connection: Connection, asset_id: AssetId, window: Window, known: dict[str, AssetSet]) -> Series:
    """One asset's history: its minutes, and single samples where hours are not summed up or steps are finer."""
    aggregates = Aggregates(window.count)
    start_us, end_us = microseconds(window.start), microseconds(window.end)
    summed_up = _summed_up(connection, window)
    rows = _minute_rows(connection, asset_id, summed_up)
    if rows:
        at_us = np.concatenate([hour_us + _OF_HOUR_US for hour_us, _ in rows])
        aggregates.merge(_steps(at_us, window), Aggregates.joined([Aggregates.unpacked(body) for _, body in rows]))
    for since_us, until_us in _between(summed_up, start_us, end_us):
        for kind in FIELDS_OF:
            for chunk in every_chunk(connection, kind, since_us=since_us, until_us=until_us, known=known):
                if asset_id not in chunk.asset_set:
                    continue
                column = chunk.asset_set.index(asset_id)
                for name, field in FIELDS_OF[kind].items():
                    at_us, values = samples_of(chunk.packed, name, column)
                    inside = (at_us >= since_us) & (at_us < until_us)
                    aggregates.add(field, _steps(at_us[inside], window), values[inside])
    return _series(asset_id, window, aggregates)


def output_integrals_of(
    connection: Connection, assets: Sequence[AssetId], window: Window, known: dict[str, AssetSet]
) -> dict[AssetId, Integral]:
    """The output of assets over time: their minutes, and chunks where hours are not summed up or steps are finer."""
    assets = tuple(dict.fromkeys(assets))
    over_time = OverTime(window.count, len(assets))
    summed_up = _summed_up(connection, window)
    for column, asset_id in enumerate(assets):
        for hour_us, body in _minute_rows(connection, asset_id, summed_up):
            over_time.add(_steps(hour_us + _OF_HOUR_US, window), of_minutes(body), slice(column, column + 1))
    step_us = US_PER_S * min(window.step_s, MINUTE_S)
    for since_us, until_us in _between(summed_up, microseconds(window.start), microseconds(window.end)):
        steps = -(-(until_us - since_us) // step_us)
        finer = integrals_of(connection, assets, start_us=since_us, step_us=step_us, steps=steps, known=known)
        over_time.add(_steps(since_us + step_us * np.arange(steps), window), finer, slice(None))
    return {asset_id: over_time.told(column) for column, asset_id in enumerate(assets)}


def fleet_of(connection: Connection, window: Window, known: dict[str, AssetSet]) -> tuple[Series, ...]:
    """Every asset's history, the window's steps being whole hours: from the hours, and chunks in between."""
    start_us, end_us = microseconds(window.start), microseconds(window.end)
    rows = connection.execute(select(hours).where(*_within(window)).order_by(hours.c.hour_us)).all()
    gaps = _between([row.hour_us for row in rows], start_us, end_us)
    chunks = [
        (kind, chunk, since_us, until_us)
        for since_us, until_us in gaps
        for kind in FIELDS_OF
        for chunk in every_chunk(connection, kind, since_us=since_us, until_us=until_us, known=known)
    ]
    of_hours = [read_asset_set(connection, row.asset_set, known) for row in rows]
    asset_sets = dict.fromkeys([*of_hours, *(chunk.asset_set for _, chunk, _, _ in chunks)])
    assets = tuple(dict.fromkeys(asset_id for asset_set in asset_sets for asset_id in asset_set))
    grid = AggregateGrid(assets, start_us=start_us, step_us=US_PER_S * window.step_s, steps=window.count)
    columns = {asset_set: grid.columns(asset_set) for asset_set in asset_sets}
    for row, asset_set in zip(rows, of_hours, strict=True):
        grid.aggregates.add_up(columns[asset_set] + grid.step(row.hour_us), Aggregates.unpacked(row.body))
    for kind, chunk, since_us, until_us in chunks:
        grid.count(kind, chunk, since_us=since_us, until_us=until_us)
    return tuple(_series(asset_id, window, grid.of(place)) for place, asset_id in enumerate(assets))


def _within(window: Window) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Hours that share an instant with the window."""
    return hours.c.hour_us > microseconds(window.start) - HOUR_US, hours.c.hour_us < microseconds(window.end)


def _summed_up(connection: Connection, window: Window) -> list[int]:
    """The hours of the window that are summed up; none where its steps are finer than their minutes."""
    if window.step_s < MINUTE_S:
        return []
    wanted = select(hours.c.hour_us).where(*_within(window)).order_by(hours.c.hour_us)
    return list(connection.execute(wanted).scalars())


def _minute_rows(connection: Connection, asset_id: AssetId, summed_up: list[int]) -> list[tuple[int, bytes]]:
    if not summed_up:
        return []
    wanted = select(minutes.c.hour_us, minutes.c.body).where(
        minutes.c.asset == asset_key(asset_id),
        minutes.c.hour_us >= summed_up[0],
        minutes.c.hour_us <= summed_up[-1],
    )
    return [(row.hour_us, row.body) for row in connection.execute(wanted)]


def _series(asset_id: AssetId, window: Window, aggregates: Aggregates) -> Series:
    return Series(asset_id=asset_id, window=window, **{field: aggregates.steps_of(field) for field in FIELDS})


def _steps(at_us: Array, window: Window) -> Array:
    """The step of each instant; -1 for those outside the window."""
    steps = (at_us - microseconds(window.start)) // (US_PER_S * window.step_s)
    return np.where((steps >= 0) & (steps < window.count), steps, -1)


def _between(summed_up: list[int], start_us: int, end_us: int) -> list[tuple[int, int]]:
    """The stretches of ``[start_us, end_us)`` that no hour covers."""
    edges = [start_us, *(edge for hour_us in summed_up for edge in (hour_us, hour_us + HOUR_US)), end_us]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(since_us, until_us) for since_us, until_us in pairs if since_us < until_us]
