"""How the tables came to be: made at once in an empty database, by alembic revisions in an older one, at start."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, text

from energy_manager.adapters.storage.sql.tables import book, metadata

HEAD = "0004"
"""The revision this version of the product works with."""

VERSION_TABLE = "energy_manager_revision"
"""Named after the product: in PostgreSQL others may keep an ``alembic_version`` beside it."""


class NewerStore(Exception):
    """The tables were made by a newer version of the product; they are left as they are."""


def migrate(connection: Connection, *, to: str = HEAD) -> None:
    """Bring the tables up to a revision, within the connection's transaction; quick when they are.

    Raises:
        NewerStore: their revision is not known here.
    """
    found = _revision(connection)
    if found == to:
        return
    if to == HEAD and not inspect(connection).get_table_names():
        _make_tables(connection)
        return
    # Imported here: alembic takes a fifth of a second and 10 MB, which a start with new tables does not need.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    script = ScriptDirectory.from_config(config)
    if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
        raise NewerStore(f"its tables have revision {found}, this version of the product knows {HEAD} and older")
    with EnvironmentContext(config, script, fn=lambda now, _: script._upgrade_revs(to, now)) as environment:  # noqa: SLF001 - as alembic's own `upgrade` does
        environment.configure(connection=connection, version_table=VERSION_TABLE)
        environment.run_migrations()


def is_current(connection: Connection) -> bool:
    """Whether the tables are as this version of the product has them."""
    return _revision(connection) == HEAD


def _make_tables(connection: Connection) -> None:
    """What all revisions one after the other come to; a test holds them against each other."""
    metadata.create_all(connection, checkfirst=False)  # looked for already: there is none
    connection.execute(insert(book), {"id": 1, "revision": 0})
    version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
    version.create(connection)
    connection.execute(insert(version), {"version_num": HEAD})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
