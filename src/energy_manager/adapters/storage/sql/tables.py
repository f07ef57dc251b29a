"""The tables. Times are whole microseconds since 1970 in UTC; JSON is text, so that the order of keys is kept."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# One row; its revision grows with every change to the schedules, and is locked by every commit.
book = Table(
    "book",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("source", String(40), nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("accepted_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, index=True),
)

blocks = Table(
    "blocks",
    metadata,
    Column("schedule_id", String(200), ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("end_us", BigInteger, nullable=False),
    Column("targets", Text, nullable=False),
)

activations = Table(
    "activations",
    metadata,
    Column("id", String(200), ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("terms", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

# Forecasts as issued: ``body`` has the instants (microseconds), then the values (doubles), little-endian, compressed.
forecasts = Table(
    "forecasts",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("issued_us", BigInteger, primary_key=True),
    Column("unit", String(20), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# The logbook: lines are added and never changed; ``body`` has what is not looked for.
logbook = Table(
    "logbook",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False, index=True),
    Column("body", Text, nullable=False),
)

# The assets of a chunk, in order, once for all chunks that are about the same ones.
asset_sets = Table(
    "rosters",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("assets", Text, nullable=False),
)


def _chunks(name: str) -> Table:
    """Frames of one kind: at most a few minutes of them in a row, all assets side by side, compressed.

    ``run_us`` says which run of the product wrote it, ``seq`` counts its chunks. ``size`` is that of ``body``, bytes.
    """
    return Table(
        name,
        metadata,
        Column("run_us", BigInteger, primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("start_us", BigInteger, nullable=False),
        Column("end_us", BigInteger, nullable=False),
        Column("frames", Integer, nullable=False),
        Column("roster", String(64), key="asset_set", nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Index(f"ix_{name}_start_us_size", "start_us", "size"),
    )


ticks = _chunks("ticks")
statuses = _chunks("statuses")

device_changes = Table(
    "device_changes",
    metadata,
    Column("run_us", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("asset", Text),
    Column("is_good", Boolean, nullable=False),
    Column("sentence", Text, nullable=False),
)

# An hour of one asset by the minute. Its rows lie together on the disk, which is how they are read.
minutes = Table(
    "minutes",
    metadata,
    Column("asset", Text, primary_key=True),
    Column("hour_us", BigInteger, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# An hour of all assets as a whole; written together with its minutes, so it also says that they are there.
hours = Table(
    "hours",
    metadata,
    Column("hour_us", BigInteger, primary_key=True, autoincrement=False),
    Column("roster", String(64), key="asset_set", nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
