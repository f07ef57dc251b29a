"""Each hour that is over, summed up by the minute and as a whole, so that a month is read in a moment.

An hour is summed up from its chunks, so it can be done again at any time with the same result; that there is a row in
``hours`` says that it was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from energy_manager.adapters.storage.integration import FAR_AROUND_US, OverTime
from energy_manager.adapters.storage.sql.history.aggregate import Aggregates
from energy_manager.adapters.storage.sql.history.array_codec import Array
from energy_manager.adapters.storage.sql.history.buffer import MINUTE_US, STRETCH_US
from energy_manager.adapters.storage.sql.history.chunks import (
    TABLES,
    Chunk,
    asset_key,
    asset_set_digest,
    every_chunk,
    read_asset_set,
)
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, AssetSet
from energy_manager.adapters.storage.sql.history.integrals import integrals_of, packed
from energy_manager.adapters.storage.sql.tables import hours, minutes, statuses

HOUR_US = 60 * MINUTE_US
MINUTES = 60

KEYS_AT_ONCE = 5_000
"""Databases bound the parameters of a statement: SQLite 32,766, PostgreSQL 65,535."""

FIELDS_OF = {
    "ticks": {"scheduled": "scheduled", "target": "target", "potential": "potential"},
    "statuses": {"output": "output"},
}
"""Which column of which chunk is which field of the aggregates."""


def latest_hour(connection: Connection, *, until_us: int) -> int:
    """The last hour that was summed up, of those that are over; 0 when none was."""
    latest = connection.execute(select(func.max(hours.c.hour_us)).where(hours.c.hour_us + HOUR_US <= until_us)).scalar()
    return 0 if latest is None else int(latest)


def next_hour(connection: Connection, *, until_us: int) -> int | None:
    """The first hour after those summed up that has chunks, if it ends at or before ``until_us``.

    Its last round holds until the next one, so it waits for that; not for ever, where there may be none.
    """
    since_us = latest_hour(connection, until_us=until_us) + HOUR_US
    starts = [
        connection.execute(select(func.min(table.c.start_us)).where(table.c.start_us >= since_us)).scalar()
        for table in TABLES.values()
    ]
    known = [start_us for start_us in starts if start_us is not None]
    if not known:
        return None
    hour_us: int = min(known) // HOUR_US * HOUR_US
    end_us = hour_us + HOUR_US
    is_over = end_us <= until_us and (_is_whole(connection, hour_us) or end_us + FAR_AROUND_US <= until_us)
    return hour_us if is_over else None


def _is_whole(connection: Connection, hour_us: int) -> bool:
    """Whether a round after the hour is in the tables, or none is since its begin."""
    lately = select(func.max(statuses.c.end_us)).where(statuses.c.start_us >= hour_us - STRETCH_US["statuses"])
    latest = connection.execute(lately).scalar()
    return latest is None or int(latest) >= hour_us + HOUR_US


def sum_up(connection: Connection, hour_us: int, known: dict[str, AssetSet]) -> None:
    """Write the hour's minutes and the hour itself, in place of what there is."""
    chunks = [
        (kind, chunk)
        for kind in TABLES
        for chunk in every_chunk(connection, kind, since_us=hour_us, until_us=hour_us + HOUR_US, known=known)
    ]
    asset_set = tuple(dict.fromkeys(asset_id for _, chunk in chunks for asset_id in chunk.asset_set))
    grid = AggregateGrid(asset_set, start_us=hour_us, step_us=MINUTE_US, steps=MINUTES)
    for kind, chunk in chunks:
        grid.count(kind, chunk, since_us=hour_us, until_us=hour_us + HOUR_US)
    over_time = integrals_of(connection, asset_set, start_us=hour_us, step_us=MINUTE_US, steps=MINUTES, known=known)
    delete_hours(connection, [hour_us], known)
    _write(connection, hour_us, grid, over_time)


class AggregateGrid:
    """Statistics of several assets over the same steps: in ``aggregates`` the first asset's steps, then the next's."""

    def __init__(self, asset_set: AssetSet, *, start_us: int, step_us: int, steps: int) -> None:
        self.places = {asset_id: place for place, asset_id in enumerate(asset_set)}
        self.steps = steps
        self.aggregates = Aggregates(steps * len(asset_set))
        self._start_us = start_us
        self._step_us = step_us

    def of(self, place: int) -> Aggregates:
        """One asset's statistics."""
        return self.aggregates.part(slice(self.steps * place, self.steps * (place + 1)))

    def columns(self, asset_set: AssetSet) -> Array:
        """Where the steps of each asset begin."""
        return self.steps * np.array([self.places[asset_id] for asset_id in asset_set], np.int64)

    def step(self, at_us: Array) -> Array:
        """The step of each instant."""
        return (at_us - self._start_us) // self._step_us

    def count(self, kind: str, chunk: Chunk, *, since_us: int, until_us: int) -> None:
        """Count a chunk's lines in ``[since_us, until_us)``, those of one step at a time."""
        if "at_us" not in chunk.packed:
            return
        at_us = chunk.packed.array("at_us")
        step = np.where((at_us >= since_us) & (at_us < until_us), self.step(at_us), -1)
        columns = self.columns(chunk.asset_set)
        edges = [0, *(np.flatnonzero(np.diff(step)) + 1).tolist(), len(step)]
        for name, field in FIELDS_OF[kind].items():
            values = chunk.packed.array(name)
            known = chunk.packed.array(name + KNOWN) if name + KNOWN in chunk.packed else None
            for first, last in pairwise(edges):
                if step[first] >= 0:
                    lines = slice(first, last)
                    of_lines = None if known is None else known[lines]
                    self.aggregates.add_lines(field, columns + step[first], values[lines], of_lines)


def _write(connection: Connection, hour_us: int, grid: AggregateGrid, over_time: OverTime) -> None:
    bodies = {
        asset_key(asset_id): grid.of(place).packed() + packed(over_time, place)
        for asset_id, place in grid.places.items()
    }
    whole = Aggregates(len(bodies))
    whole.merge(np.repeat(np.arange(len(bodies)), grid.steps), grid.aggregates)
    body = whole.packed()
    if bodies:
        rows = [{"asset": asset, "hour_us": hour_us, "body": packed} for asset, packed in bodies.items()]
        connection.execute(insert(minutes), rows)
    row = {
        "hour_us": hour_us,
        "asset_set": asset_set_digest(connection, tuple(grid.places)),
        "size": len(body) + sum(len(asset) + len(packed) for asset, packed in bodies.items()),
        "body": body,
    }
    connection.execute(insert(hours), row)


def delete_hours(connection: Connection, wanted: Sequence[int], known: dict[str, AssetSet]) -> int:
    """Forget hours and their minutes; how many there were."""
    found = connection.execute(select(hours.c.hour_us, hours.c.asset_set).where(hours.c.hour_us.in_(wanted))).all()
    for row in found:
        asset_set = read_asset_set(connection, row.asset_set, known)
        for first in range(0, len(asset_set), KEYS_AT_ONCE):
            keys = [asset_key(asset_id) for asset_id in asset_set[first : first + KEYS_AT_ONCE]]
            of_hour = delete(minutes).where(minutes.c.asset.in_(keys), minutes.c.hour_us == row.hour_us)
            connection.execute(of_hour)
    connection.execute(delete(hours).where(hours.c.hour_us.in_(wanted)))
    return len(found)
