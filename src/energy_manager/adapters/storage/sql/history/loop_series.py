"""How the loop did by step: from the chunks of ticks, where each number that is not an asset's is a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy import Connection

from energy_manager.adapters.storage.integration import US_PER_S, Recorded, integrated
from energy_manager.adapters.storage.sql.history.aggregate import Aggregates
from energy_manager.adapters.storage.sql.history.array_codec import Array
from energy_manager.adapters.storage.sql.history.chunk_decoding import records_of
from energy_manager.adapters.storage.sql.history.chunks import Chunk, every_chunk
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.history.integrals import in_order_of_record
from energy_manager.application.ports.records.history import LoopSeries, Window
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.series import microseconds

AT_ONCE = 256
"""Chunks, of some minutes of ticks each."""

COLUMNS = ("lag_s", "shortfall", "hold_import_kw", "hold_import_limit_kw", "hold_export_limit_kw")


def loop_of(connection: Connection, window: Window, known: dict[str, AssetSet]) -> LoopSeries:
    """Lag, shortfall and what was measured at the PCC."""
    loop = Aggregates(window.count, COLUMNS, np.float64)
    short = np.zeros(window.count, np.int64)
    bounds = {"since_us": microseconds(window.start), "until_us": microseconds(window.end)}
    for at_us, columns in _together(every_chunk(connection, "ticks", **bounds, known=known)):
        steps = (at_us - bounds["since_us"]) // (US_PER_S * window.step_s)
        inside = (steps >= 0) & (steps < window.count)
        for name, values in columns.items():
            is_known = inside & ~np.isnan(values)
            loop.add(name, steps[is_known], values[is_known])
        np.add.at(short, steps[inside], columns["shortfall"][inside] > 0)
    lag_s, shortfall, import_kw, import_limit_kw, export_limit_kw = map(loop.steps_of, COLUMNS)
    return LoopSeries(
        window=window,
        ticks=tuple(loop.count[COLUMNS.index("lag_s")].tolist()),
        short_ticks=tuple(short.tolist()),
        lag_s=lag_s,
        shortfall=shortfall,
        import_kw=import_kw,
        import_limit_kw=import_limit_kw,
        export_limit_kw=export_limit_kw,
    )


def import_integral_of(connection: Connection, window: Window, known: dict[str, AssetSet]) -> Integral:
    """What was measured at the PCC over time."""

    def read(since_us: int, until_us: int) -> Recorded:
        bounds = {"since_us": since_us, "until_us": until_us}
        chunks = sorted(every_chunk(connection, "ticks", **bounds, known=known), key=in_order_of_record)
        ticks = [_columns(chunk, ("hold_import_kw",)) for chunk in chunks]
        at_us = np.concatenate([np.empty(0, np.int64), *(instants for instants, _ in ticks)])
        import_kw = np.concatenate([np.empty(0), *(columns["hold_import_kw"] for _, columns in ticks)])
        inside = (at_us >= since_us) & (at_us < until_us)
        return Recorded(at_us=at_us[inside], values=import_kw[inside, np.newaxis], ticks_us=at_us[inside])

    step_us = US_PER_S * window.step_s
    return integrated(read, start_us=microseconds(window.start), step_us=step_us, steps=window.count).told()


def _together(chunks: Iterable[Chunk]) -> Iterator[tuple[Array, dict[str, Array]]]:
    """The columns of many chunks at once: to add up a few numbers costs as much as to add up thousands."""
    read = map(_columns, chunks)
    while some := list(islice(read, AT_ONCE)):
        instants, columns = zip(*some, strict=True)
        yield np.concatenate(instants), {name: np.concatenate([one[name] for one in columns]) for name in COLUMNS}


def _columns(chunk: Chunk, names: Sequence[str] = COLUMNS) -> tuple[Array, dict[str, Array]]:
    """When, and the columns as floats; NaN where nothing is known. Numbers beyond 64 bits stand in texts."""
    packed = chunk.packed
    if "at_us" in packed:
        at_us: Array = packed.array("at_us")
        found = {name: packed.array(name).astype(np.float64) for name in names if name in packed}
    else:
        (tick,) = records_of(Tick, packed, chunk.asset_set)
        at_us = np.array([microseconds(tick.at)], np.int64)
        found = {"lag_s": np.array([tick.lag_s]), "shortfall": np.array([float(tick.shortfall)])}
        if tick.hold is not None:
            for name in COLUMNS[2:]:
                power_kw = getattr(tick.hold, name.removeprefix("hold_"))
                found[name] = np.array([np.nan if power_kw is None else power_kw])
    unknown = np.full(len(at_us), np.nan)
    return at_us, {name: found.get(name, unknown) for name in names}
