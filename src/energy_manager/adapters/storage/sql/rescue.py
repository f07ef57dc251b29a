"""What must not get lost, taken over from a broken database as far as it can still be read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loguru import logger
from sqlalchemy import Connection, Table, delete, insert, select

from energy_manager.adapters.storage.sql import state_repository
from energy_manager.adapters.storage.sql.databases import Database, Trouble
from energy_manager.adapters.storage.sql.databases.database import reading
from energy_manager.adapters.storage.sql.tables import (
    activations,
    blocks,
    book,
    documents,
    forecasts,
    logbook,
    schedules,
)
from energy_manager.domain.errors import EnergyManagerError


@dataclass(frozen=True, slots=True)
class Rescued:
    """Rows of one table."""

    table: Table
    rows: list[dict[str, Any]]


def rescue(database: Database) -> tuple[Rescued, ...]:
    """Schedules with what belongs to them, documents, forecasts and the logbook; each wholly or not at all."""
    groups = (book, schedules, blocks, activations), (documents,), (forecasts,), (logbook,)
    return tuple(rescued for tables in groups for rescued in _read(database, tables))


def put_back(connection: Connection, rescued: Sequence[Rescued]) -> None:
    """Write them into tables that have just been made."""
    for part in rescued:
        connection.execute(delete(part.table))
        if part.rows:
            connection.execute(insert(part.table), part.rows)
        logger.info("rescued from the broken store: {} rows of {}", len(part.rows), part.table.name)


def _read(database: Database, tables: Sequence[Table]) -> list[Rescued]:
    try:
        with reading(database) as connection:
            rescued = [
                Rescued(table, [dict(row) for row in connection.execute(select(table)).mappings()]) for table in tables
            ]
            if schedules in tables:
                state_repository.read_schedules(connection)
                state_repository.read_activations(connection)
                state_repository.read_revision(connection)
        for row in rescued[0].rows if documents in tables else ():
            json.loads(row["body"])  # a document is only as good as its text
    except (Trouble, EnergyManagerError, ValueError, KeyError, LookupError, TypeError):
        return []
    return rescued
