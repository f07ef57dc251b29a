"""The book's tables; only a centre has them. Times are whole microseconds since 1970 in UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, MetaData, String, Table, Text

metadata = MetaData()

REVISION = 1
"""Of these tables; a centre does not touch those of a newer one."""

revision = Table("fleet_revision", metadata, Column("number", Integer, primary_key=True, autoincrement=False))

# One row, which every change of a centre's locks: who is active, and until when by the database's own clock.
lease = Table(
    "fleet_lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", String(200), nullable=False),
    Column("expires_us", BigInteger, nullable=False),
)

sites = Table(
    "fleet_sites",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("public_key", String(100), nullable=False),
    Column("enrolled_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
)

offers = Table(
    "fleet_offers",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("direction", String(10), primary_key=True),
    Column("volume_kw", BigInteger, nullable=False),
    Column("activation_cents", BigInteger, nullable=False),
    Column("price_eur_per_mwh", Float, nullable=False),
    Column("days", Text),
)

connections = Table(
    "fleet_connections",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("connection_kw", BigInteger, nullable=False),
)

activations = Table(
    "fleet_activations",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("direction", String(10), nullable=False),
    Column("volume_kw", BigInteger, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False, index=True),
    Column("placed_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("ended_us", BigInteger),
    Column("ended_by", Text, nullable=False),
)

orders = Table(
    "fleet_orders",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("activation", String(100), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("site", String(64), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("deliver_kw", BigInteger, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("placed_us", BigInteger, nullable=False),
    Column("cost_cents", BigInteger, nullable=False),
    Column("because", Text, nullable=False),
    Column("accepted_us", BigInteger),
    Column("is_late", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("measured_kw", Float, nullable=False),
    Column("fell_short", Boolean, nullable=False),
)

# A site's reports: the key is what makes each of them once, however often it is sent.
reports = Table(
    "fleet_reports",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("store", String(64), primary_key=True),
    Column("stream", String(20), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

delivered = Table(
    "fleet_delivered",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("order_id", String(100), primary_key=True),
    Column("quarter", BigInteger, primary_key=True, autoincrement=False),
    Column("energy_kwh", Float, nullable=False),
    Column("covered_s", Float, nullable=False),
)
