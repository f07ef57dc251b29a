"""What was recorded, on its way into the tables.

Records wait in a queue until the writer gathers them into chunks. A chunk covers a fixed stretch of the hour; while it
grows its row is written anew each time, so that everything recorded is in the tables within seconds, and in rows that
are few and small. Chunks that could not be saved yet wait packed, which makes hours of them a few megabytes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from energy_manager.adapters.storage.sql.history.chunk_encoding import ChunkEncoder, asset_set_of, packed_as_text
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.application.ports.records.history import DeviceChangeRecord, Record, StatusRecord
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.series import microseconds

MINUTE_US = 60_000_000
STRETCH_US = {"ticks": MINUTE_US, "statuses": 10 * MINUTE_US}
"""How long a chunk covers; hours are whole multiples."""

MOST_LINES = 1_000
"""A chunk with more is finished early: loops may tick much faster than every two seconds."""

MAX_WAITING_VALUES = 250_000
"""Records that the writer has not gathered yet, counted in assets: about 60 MB."""

MAX_WAITING_CHANGES = 10_000
MAX_PACKED_BYTES = 64_000_000


@dataclass(slots=True, kw_only=True)
class ChunkRow:
    """A row to be written: a chunk as it is now. ``news`` counts its records that are in no table yet."""

    kind: str
    seq: int
    start_us: int
    end_us: int
    lines: int = 1
    asset_set: AssetSet
    body: bytes
    news: int = 1
    is_begun: bool = False


@dataclass(slots=True)
class _Open:
    """A chunk that may still grow."""

    stretch: int
    seq: int
    chunk: ChunkEncoder
    saved_lines: int = 0


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is to be saved next."""

    rows: list[ChunkRow] = field(default_factory=list)
    changes: list[tuple[int, DeviceChangeRecord]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.changes)


class Inbox:
    """The queue in front of the writer; taking a record costs about a microsecond and waits for nobody."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque()
        self._lock = threading.Lock()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._records)

    def record(self, record: Record) -> None:
        """Take it; beyond the bound the oldest goes."""
        self._records.append(record)
        room = max(100, MAX_WAITING_VALUES // _size(record))
        while len(self._records) > room:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        try:
            self._records.popleft()
        except IndexError:
            return
        with self._lock:
            self.dropped += 1

    def take(self) -> Record | None:
        """The oldest record; None when there is none."""
        return self._records.popleft() if self._records else None


def _size(record: Record) -> int:
    if isinstance(record, Tick):
        return max(1, len(record.scheduled), len(record.potentials))
    return max(1, len(record.statuses)) if isinstance(record, StatusRecord) else 1


class Filing:
    """Chunks that grow, and rows that wait to be saved. One thread at a time."""

    def __init__(self) -> None:
        self.run_us = time.time_ns() // 1000
        self.dropped = 0
        self._seq = 0
        self._open: dict[str, _Open] = {}
        self._finished: deque[ChunkRow] = deque()
        self._packed_bytes = 0
        self._changes: deque[tuple[int, DeviceChangeRecord]] = deque()

    @property
    def waiting(self) -> int:
        """Records that are in no table yet; other threads may ask while the writer files."""
        growing = sum(entry.chunk.lines - entry.saved_lines for entry in tuple(self._open.values()))
        return growing + sum(row.news for row in tuple(self._finished)) + len(self._changes)

    def add(self, record: Record) -> None:
        """File a record."""
        match record:
            case Tick():
                self._write_line("ticks", record)
            case StatusRecord():
                self._write_line("statuses", record)
            case DeviceChangeRecord():
                self._changes.append((self._next_seq(), record))
                if len(self._changes) > MAX_WAITING_CHANGES:
                    self._changes.popleft()
                    self.dropped += 1

    def _write_line(self, kind: str, record: Tick | StatusRecord) -> None:
        asset_set, stretch = asset_set_of(record), microseconds(record.at) // STRETCH_US[kind]
        entry = self._open.get(kind)
        if entry is not None and (
            entry.stretch != stretch or entry.chunk.asset_set != asset_set or entry.chunk.lines >= MOST_LINES
        ):
            self._finish(kind)
            entry = None
        if entry is None:
            entry = self._open[kind] = _Open(stretch, self._next_seq(), ChunkEncoder(asset_set))
        try:
            entry.chunk.add(record)
        except OverflowError:
            self._finish(kind)
            self._put(_text_row(kind, self._next_seq(), asset_set, record))

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _finish(self, kind: str) -> None:
        entry = self._open.pop(kind)
        if entry.chunk.lines > entry.saved_lines:
            self._put(_row_of(kind, entry))

    def _put(self, row: ChunkRow) -> None:
        self._finished.append(row)
        self._packed_bytes += len(row.body)
        while self._packed_bytes > MAX_PACKED_BYTES:
            self.dropped += self._leave(self._finished.popleft())

    def _leave(self, row: ChunkRow) -> int:
        self._packed_bytes -= len(row.body)
        return row.news

    def batch(self, *, most_rows: int) -> Batch:
        """What to save next, oldest first."""
        rows = [self._finished[index] for index in range(min(most_rows, len(self._finished)))]
        if len(rows) < most_rows:
            growing = (kind for kind, entry in self._open.items() if entry.chunk.lines > entry.saved_lines)
            rows += [_row_of(kind, self._open[kind]) for kind in growing]
        changes = [self._changes[index] for index in range(min(1_000, len(self._changes)))]
        return Batch(rows=rows, changes=changes)

    def saved(self, batch: Batch) -> None:
        """The batch is in the tables."""
        for row in batch.rows:
            if self._finished and self._finished[0].seq == row.seq:
                self._leave(self._finished.popleft())
            else:
                self._open[row.kind].saved_lines = row.lines
        for _ in batch.changes:
            self._changes.popleft()

    def forget(self, batch: Batch) -> int:
        """The batch cannot be saved; how many records that are."""
        news = sum(row.news for row in batch.rows) + len(batch.changes)
        self.saved(batch)
        self.dropped += news
        return news


def _row_of(kind: str, entry: _Open) -> ChunkRow:
    chunk = entry.chunk
    return ChunkRow(
        kind=kind,
        seq=entry.seq,
        start_us=chunk.start_us,
        end_us=chunk.end_us,
        lines=chunk.lines,
        asset_set=chunk.asset_set,
        body=chunk.packed(),
        news=chunk.lines - entry.saved_lines,
        is_begun=entry.saved_lines > 0,
    )


def _text_row(kind: str, seq: int, asset_set: AssetSet, record: Tick | StatusRecord) -> ChunkRow:
    at_us = microseconds(record.at)
    return ChunkRow(
        kind=kind,
        seq=seq,
        start_us=at_us,
        end_us=at_us,
        asset_set=asset_set,
        body=packed_as_text(record),
    )
