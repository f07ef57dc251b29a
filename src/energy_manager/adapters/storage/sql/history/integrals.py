"""Measured power over time: kept by the minute behind the sums of each hour, worked out from chunks elsewhere."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection

from energy_manager.adapters.storage.integration import US_PER_S, OverTime, Recorded, integrated
from energy_manager.adapters.storage.sql.history.aggregate import FIELDS, Aggregates
from energy_manager.adapters.storage.sql.history.array_codec import Array
from energy_manager.adapters.storage.sql.history.chunks import Chunk, every_chunk
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, AssetSet
from energy_manager.application.ports.records.history import MINUTE_S
from energy_manager.domain.quantities import AssetId

_OUTPUT = "output"


def integrals_of(
    connection: Connection, assets: AssetSet, *, start_us: int, step_us: int, steps: int, known: dict[str, AssetSet]
) -> OverTime:
    """The output of assets over time, a column each, from the chunks."""
    places = {asset_id: place for place, asset_id in enumerate(assets)}

    def read(since_us: int, until_us: int) -> Recorded:
        bounds = {"since_us": since_us, "until_us": until_us}
        chunks = sorted(every_chunk(connection, "statuses", **bounds, known=known), key=in_order_of_record)
        rounds = [_outputs(chunk, places) for chunk in chunks if "at_us" in chunk.packed]
        at_us = np.concatenate([np.empty(0, np.int64), *(instants for instants, _ in rounds)])
        inside = (at_us >= since_us) & (at_us < until_us)
        values = np.concatenate([np.empty((0, len(assets))), *(table for _, table in rounds)])
        return Recorded(
            at_us=at_us[inside],
            values=values[inside],
            ticks_us=_ticks_us(every_chunk(connection, "ticks", **bounds, known=known), since_us, until_us),
        )

    return integrated(read, start_us=start_us, step_us=step_us, steps=steps)


def _outputs(chunk: Chunk, places: dict[AssetId, int]) -> tuple[Array, Array]:
    """A chunk's instants and its outputs in the columns of the places."""
    at_us: Array = chunk.packed.array("at_us")
    table = np.full((len(at_us), len(places)), np.nan)
    own = [(column, places[name]) for column, name in enumerate(chunk.asset_set) if name in places]
    if own and _OUTPUT in chunk.packed:
        columns, into = (list(some) for some in zip(*own, strict=True))
        values = chunk.packed.array(_OUTPUT)[:, columns].astype(np.float64)
        if _OUTPUT + KNOWN in chunk.packed:
            values[~chunk.packed.array(_OUTPUT + KNOWN)[:, columns]] = np.nan
        table[:, into] = values
    return at_us, table


def _ticks_us(chunks: Iterable[Chunk], since_us: int, until_us: int) -> Array:
    instants = [chunk.packed.array("at_us") for chunk in chunks if "at_us" in chunk.packed]
    at_us: Array = np.concatenate([np.empty(0, np.int64), *instants])
    return at_us[(at_us >= since_us) & (at_us < until_us)]


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
