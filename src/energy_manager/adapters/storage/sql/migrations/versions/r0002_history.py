"""Ticks, statuses and device changes; minutes and hours."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of the history."""
    op.create_table(
        "rosters",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("assets", sa.Text, nullable=False),
    )
    for name in ("ticks", "statuses"):
        op.create_table(
            name,
            sa.Column("run_us", sa.BigInteger, primary_key=True),
            sa.Column("seq", sa.BigInteger, primary_key=True),
            sa.Column("start_us", sa.BigInteger, nullable=False),
            sa.Column("end_us", sa.BigInteger, nullable=False),
            sa.Column("frames", sa.Integer, nullable=False),
            sa.Column("roster", sa.String(64), nullable=False),
            sa.Column("size", sa.BigInteger, nullable=False),
            sa.Column("body", sa.LargeBinary, nullable=False),
        )
        op.create_index(f"ix_{name}_start_us_size", name, ["start_us", "size"])
    op.create_table(
        "device_changes",
        sa.Column("run_us", sa.BigInteger, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False, index=True),
        sa.Column("asset", sa.Text),
        sa.Column("is_good", sa.Boolean, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
    )
    op.create_table(
        "minutes",
        sa.Column("asset", sa.Text, primary_key=True),
        sa.Column("hour_us", sa.BigInteger, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hours",
        sa.Column("hour_us", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("roster", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
