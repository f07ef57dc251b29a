"""The history, read: hours that are summed up from their sums, everything else from its chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select

from energy_manager.adapters.storage.sql.history.chunk_decoding import records_of, rounds_of, totals_of
from energy_manager.adapters.storage.sql.history.chunks import (
    Chunk,
    asset_key,
    asset_of,
    read_chunks,
    read_latest_chunk,
)
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.history.downsampling import fleet_of, output_integrals_of, series_of
from energy_manager.adapters.storage.sql.history.loop_series import import_integral_of, loop_of
from energy_manager.adapters.storage.sql.tables import device_changes
from energy_manager.application.ports.records.history import (
    DeviceChangeRecord,
    LoopSeries,
    RoundOf,
    Series,
    StatusRecord,
    TickTotal,
    Window,
    refuse_unless_of_hours,
)
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import microseconds, time_of

Recorded = TypeVar("Recorded", Tick, StatusRecord)
Told = TypeVar("Told", Tick, StatusRecord, TickTotal, RoundOf)


class SqlHistory:
    """What was recorded; ``readable`` opens a look at the database."""

    def __init__(self, readable: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._readable = readable
        self._asset_sets: dict[str, AssetSet] = {}

    def series(self, asset_id: AssetId, window: Window) -> Series:
        with self._readable() as connection:
            return series_of(connection, asset_id, window, self._asset_sets)

    def fleet(self, window: Window) -> tuple[Series, ...]:
        refuse_unless_of_hours(window)
        with self._readable() as connection:
            return fleet_of(connection, window, self._asset_sets)

    def loop(self, window: Window) -> LoopSeries:
        with self._readable() as connection:
            return loop_of(connection, window, self._asset_sets)

    def output_integrals(self, assets: Sequence[AssetId], window: Window) -> dict[AssetId, Integral]:
        with self._readable() as connection:
            return output_integrals_of(connection, assets, window, self._asset_sets)

    def import_integral(self, window: Window) -> Integral:
        with self._readable() as connection:
            return import_integral_of(connection, window, self._asset_sets)

    def ticks(self, since: datetime, until: datetime) -> Iterator[Tick]:
        return self._told("ticks", lambda chunk: records_of(Tick, chunk.packed, chunk.asset_set), since, until)

    def statuses(self, since: datetime, until: datetime) -> Iterator[StatusRecord]:
        return self._told(
            "statuses", lambda chunk: records_of(StatusRecord, chunk.packed, chunk.asset_set), since, until
        )

    def tick_totals(self, since: datetime, until: datetime) -> Iterator[TickTotal]:
        return self._told("ticks", lambda chunk: totals_of(chunk.packed, chunk.asset_set), since, until)

    def rounds_of(self, field: str, since: datetime, until: datetime) -> Iterator[RoundOf]:
        return self._told("statuses", lambda chunk: rounds_of(field, chunk.packed, chunk.asset_set), since, until)

    def tick_at(self, instant: datetime) -> Tick | None:
        return self._latest("ticks", Tick, instant)

    def statuses_at(self, instant: datetime) -> StatusRecord | None:
        return self._latest("statuses", StatusRecord, instant)

    def device_changes(
        self, since: datetime, until: datetime, *, asset_id: AssetId | None = None
    ) -> tuple[DeviceChangeRecord, ...]:
        table = device_changes
        wanted = select(table).where(table.c.at_us >= microseconds(since), table.c.at_us < microseconds(until))
        if asset_id is not None:
            wanted = wanted.where(table.c.asset == asset_key(asset_id))
        with self._readable() as connection:
            rows = connection.execute(wanted.order_by(table.c.at_us, table.c.run_us, table.c.seq)).all()
        return tuple(
            DeviceChangeRecord(
                at=time_of(row.at_us),
                asset_id=None if row.asset is None else asset_of(row.asset),
                is_good=row.is_good,
                sentence=row.sentence,
            )
            for row in rows
        )

    def _told(
        self, kind: str, tell: Callable[[Chunk], Iterator[Told]], since: datetime, until: datetime
    ) -> Iterator[Told]:
        """Chunk after chunk, in order of their beginnings: where the clock was set back they overlap."""
        latest: Chunk | None = None
        bounds = {"since_us": microseconds(since), "until_us": microseconds(until)}
        while True:
            with self._readable() as connection:
                found = list(read_chunks(connection, kind, **bounds, after=latest, known=self._asset_sets))
            if not found:
                return
            latest = found[-1]
            for chunk in found:
                yield from (said for said in tell(chunk) if since <= said.at < until)

    def _latest(self, kind: str, record: type[Recorded], instant: datetime) -> Recorded | None:
        with self._readable() as connection:
            chunk = read_latest_chunk(connection, kind, microseconds(instant), self._asset_sets)
        if chunk is None:
            return None
        past = (said for said in records_of(record, chunk.packed, chunk.asset_set) if said.at <= instant)
        return max(past, key=lambda said: said.at, default=None)
