"""Schedules with their blocks, activations, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the books."""
    book = op.create_table(
        "book",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(book, [{"id": 1, "revision": 0}])
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("accepted_us", sa.BigInteger, nullable=False),
        sa.Column("end_us", sa.BigInteger, index=True),
    )
    op.create_table(
        "blocks",
        sa.Column("schedule_id", sa.String(200), sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("start_us", sa.BigInteger, primary_key=True),
        sa.Column("end_us", sa.BigInteger, nullable=False),
        sa.Column("targets", sa.Text, nullable=False),
    )
    op.create_table(
        "activations",
        sa.Column("id", sa.String(200), sa.ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("terms", sa.Text, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
