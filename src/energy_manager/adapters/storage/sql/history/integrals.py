"""Measured power over time: kept by the minute behind the sums of each hour, worked out from chunks elsewhere."""

from __future__ import annotations

import zlib

import numpy as np
from sqlalchemy import Connection

from energy_manager.adapters.storage.integration import AROUND_US, US_PER_S, OverTime, integrate
from energy_manager.adapters.storage.sql.history.aggregate import FIELDS, Aggregates
from energy_manager.adapters.storage.sql.history.chunks import Chunk, every_chunk
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, AssetSet
from energy_manager.application.ports.records.history import MINUTE_S

_OUTPUT = "output"


def integrals_of(
    connection: Connection, assets: AssetSet, *, start_us: int, step_us: int, steps: int, known: dict[str, AssetSet]
) -> OverTime:
    """The output of assets over time, a column each, from the chunks."""
    bounds = {"since_us": start_us - AROUND_US, "until_us": start_us + step_us * steps + AROUND_US}
    places = {asset_id: place for place, asset_id in enumerate(assets)}
    instants, tables = [np.empty(0, np.int64)], [np.empty((0, len(assets)))]
    for chunk in sorted(every_chunk(connection, "statuses", **bounds, known=known), key=in_order_of_record):
        if "at_us" not in chunk.packed:
            continue
        instants.append(chunk.packed.array("at_us"))
        own = [(place, places[name]) for place, name in enumerate(chunk.asset_set) if name in places]
        table = np.full((len(instants[-1]), len(assets)), np.nan)
        if own and _OUTPUT in chunk.packed:
            columns, into = (list(some) for some in zip(*own, strict=True))
            values = chunk.packed.array(_OUTPUT)[:, columns].astype(np.float64)
            if _OUTPUT + KNOWN in chunk.packed:
                values[~chunk.packed.array(_OUTPUT + KNOWN)[:, columns]] = np.nan
            table[:, into] = values
        tables.append(table)
    ticks_us = [
        chunk.packed.array("at_us")
        for chunk in every_chunk(connection, "ticks", **bounds, known=known)
        if "at_us" in chunk.packed
    ]
    return integrate(
        np.concatenate(instants),
        np.concatenate(tables),
        np.concatenate([np.empty(0, np.int64), *ticks_us]),
        start_us=start_us,
        step_us=step_us,
        steps=steps,
    )


def in_order_of_record(chunk: Chunk) -> tuple[int, int]:
    """Of two records of the same instant, where the clock was set back, the later one holds."""
    return chunk.run_us, chunk.seq


def packed(minutes: OverTime, column: int) -> bytes:
    """One column's minutes as bytes."""
    parts = (np.round(minutes.covered_s[:, column] * US_PER_S).astype("<u4"), minutes.total[:, column].astype("<f8"))
    return zlib.compress(b"".join(part.tobytes() for part in parts))


def of_minutes(body: bytes) -> OverTime:
    """The minutes of an hour of one asset; where only sums were kept, each minute with a sample counts as whole.

    Raises:
        ValueError: they are damaged.
    """
    aggregates = Aggregates.unpacked(body)
    minutes = OverTime(aggregates.count.shape[1])
    kept = _behind(body)
    if kept:
        size = aggregates.count.shape[1]
        minutes.covered_s[:, 0] = np.frombuffer(kept, "<u4", count=size) / US_PER_S
        minutes.total[:, 0] = np.frombuffer(kept, "<f8", count=size, offset=4 * size)
    else:
        row = FIELDS.index(_OUTPUT)
        count = aggregates.count[row]
        minutes.covered_s[:, 0] = MINUTE_S * (count > 0)
        minutes.total[:, 0] = MINUTE_S * aggregates.sum[row] / np.maximum(count, 1)
    return minutes


def _behind(body: bytes) -> bytes:
    """What was written behind the sums; nothing in records of before."""
    sums = zlib.decompressobj()
    sums.decompress(body)
    try:
        return zlib.decompress(sums.unused_data) if sums.unused_data else b""
    except zlib.error as error:
        raise ValueError(f"damaged: {error}") from None
