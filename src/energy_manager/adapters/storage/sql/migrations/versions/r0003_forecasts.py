"""Forecasts as series of their own; those that were kept as texts in documents move there."""

from __future__ import annotations

import json
import zlib
from array import array
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORDS, READINGS = "forecast", "forecast_readings"


def upgrade() -> None:
    """Create the table, and move what was in documents."""
    forecasts = op.create_table(
        "forecasts",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("issued_us", sa.BigInteger, primary_key=True),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("start_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    documents = sa.table("documents", sa.column("kind"), sa.column("id"), sa.column("version"), sa.column("body"))
    connection = op.get_bind()
    versions = dict(
        connection.execute(sa.select(documents.c.id, documents.c.version).where(documents.c.kind == WORDS)).all()
    )
    kept = connection.execute(sa.select(documents.c.id, documents.c.body).where(documents.c.kind == READINGS)).all()
    rows = [as_row(name, versions.get(name, 1), json.loads(json.loads(body)["text"])) for name, body in kept]
    if rows:
        connection.execute(sa.insert(forecasts), rows)
    connection.execute(sa.delete(documents).where(documents.c.kind.in_((WORDS, READINGS))))


def as_row(name: str, version: int, readings: list[dict[str, Any]]) -> dict[str, Any]:
    """When it was issued was not kept: now, or where it begins, if that was before."""
    instants = [(datetime.fromisoformat(reading["time"]) - EPOCH) // timedelta(microseconds=1) for reading in readings]
    values = [float(reading["value"]) for reading in readings]
    return {
        "name": name,
        "issued_us": min((datetime.now(UTC) - EPOCH) // timedelta(microseconds=1), instants[0]),
        "unit": "kW",
        "version": version,
        "count": len(values),
        "start_us": instants[0],
        "end_us": instants[-1],
        "body": zlib.compress(little(array("q", instants)) + little(array("d", values)), 1),
    }


def little(numbers: array[Any]) -> bytes:
    """Eight bytes a number, the least significant first."""
    if array("H", [1]).tobytes() == b"\x00\x01":
        numbers.byteswap()
    return numbers.tobytes()
