"""Chunks in the tables: writing rows, and reading them back in order of time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, tuple_

from energy_manager.adapters.storage.sql.history.array_codec import Packed
from energy_manager.adapters.storage.sql.history.buffer import STRETCH_US, Batch, ChunkRow
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.tables import asset_sets, device_changes, statuses, ticks
from energy_manager.domain.series import microseconds

TABLES: dict[str, Table] = {"ticks": ticks, "statuses": statuses}

ROWS_AT_ONCE = 64
"""Chunks read in one go, so that no look at the database lasts long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk read from its table."""

    start_us: int
    run_us: int
    seq: int
    asset_set: AssetSet
    packed: Packed


def save(connection: Connection, batch: Batch, *, run_us: int) -> None:
    """Write the batch; a row that was begun takes the place of its row."""
    for row in batch.rows:
        table = TABLES[row.kind]
        if row.is_begun:
            connection.execute(delete(table).where(table.c.run_us == run_us, table.c.seq == row.seq))
        connection.execute(
            insert(table), _row(row, run_us=run_us, asset_set=asset_set_digest(connection, row.asset_set))
        )
    rows = [
        {
            "run_us": run_us,
            "seq": seq,
            "at_us": microseconds(change.at),
            "asset": None if change.asset_id is None else asset_key(change.asset_id),
            "is_good": change.is_good,
            "sentence": change.sentence.replace("\x00", "").encode(errors="replace").decode(),
        }
        for seq, change in batch.changes
    ]
    if rows:
        connection.execute(insert(device_changes), rows)


def _row(row: ChunkRow, *, run_us: int, asset_set: str) -> dict[str, object]:
    return {
        "run_us": run_us,
        "seq": row.seq,
        "start_us": row.start_us,
        "end_us": row.end_us,
        "frames": row.lines,
        "asset_set": asset_set,
        "size": len(row.body),
        "body": row.body,
    }


def asset_key(asset_id: str) -> str:
    """The asset's name as databases take it: any text, in ASCII."""
    return json.dumps(asset_id)[1:-1]


def asset_of(key: str) -> str:
    """The name behind ``asset_key``."""
    name: str = json.loads(f'"{key}"')
    return name


def asset_set_digest(connection: Connection, asset_set: AssetSet) -> str:
    """The name of the asset set; it is written down when it is new."""
    assets = json.dumps(asset_set, separators=(",", ":"))
    digest = hashlib.sha256(assets.encode()).hexdigest()
    known = select(asset_sets.c.digest).where(asset_sets.c.digest == digest)
    if connection.execute(known).scalar() is None:
        connection.execute(insert(asset_sets), {"digest": digest, "assets": assets})
    return digest


def read_asset_set(connection: Connection, digest: str, known: dict[str, AssetSet]) -> AssetSet:
    """The assets behind a digest; those that were read are remembered in ``known``."""
    if digest not in known:
        assets = connection.execute(select(asset_sets.c.assets).where(asset_sets.c.digest == digest)).scalar_one()
        known[digest] = tuple(json.loads(assets))
    return known[digest]


def read_chunks(
    connection: Connection,
    kind: str,
    *,
    since_us: int,
    until_us: int,
    after: Chunk | None = None,
    known: dict[str, AssetSet],
) -> Iterator[Chunk]:
    """The next chunks with records in ``[since_us, until_us)``, in order of time, those after ``after``.

    At most ``ROWS_AT_ONCE``; the caller asks again until none comes.
    """
    table = TABLES[kind]
    key = table.c.start_us, table.c.run_us, table.c.seq
    wanted = (
        select(table)
        .where(table.c.start_us >= since_us - STRETCH_US[kind], table.c.start_us < until_us, table.c.end_us >= since_us)
        .order_by(*key)
        .limit(ROWS_AT_ONCE)
    )
    if after is not None:
        wanted = wanted.where(tuple_(*key) > (after.start_us, after.run_us, after.seq))
    for row in connection.execute(wanted).all():
        yield _chunk(connection, row, known)


def every_chunk(
    connection: Connection, kind: str, *, since_us: int, until_us: int, known: dict[str, AssetSet]
) -> Iterator[Chunk]:
    """All of them, in one look at the database."""
    latest: Chunk | None = None
    while True:
        found = list(read_chunks(connection, kind, since_us=since_us, until_us=until_us, after=latest, known=known))
        if not found:
            return
        yield from found
        latest = found[-1]


def read_latest_chunk(connection: Connection, kind: str, at_us: int, known: dict[str, AssetSet]) -> Chunk | None:
    """The last chunk that begins at or before the instant."""
    table = TABLES[kind]
    wanted = select(table).where(table.c.start_us <= at_us).order_by(table.c.start_us.desc()).limit(1)
    row = connection.execute(wanted).first()
    return None if row is None else _chunk(connection, row, known)


def _chunk(connection: Connection, row: Row[Any], known: dict[str, AssetSet]) -> Chunk:
    asset_set = read_asset_set(connection, row.asset_set, known)
    return Chunk(start_us=row.start_us, run_us=row.run_us, seq=row.seq, asset_set=asset_set, packed=Packed(row.body))
