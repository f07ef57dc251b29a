"""The tables come up from nothing and from every earlier revision, with what is in them."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from energy_manager.adapters.storage.sql import SqlStore, migrations
from energy_manager.adapters.storage.sql.databases import database_at
from energy_manager.adapters.storage.sql.databases.database import transaction
from energy_manager.adapters.storage.sql.tables import blocks, documents, metadata, schedules
from energy_manager.application.ports.records.history import DeviceChangeRecord
from energy_manager.domain.series import microseconds
from energy_manager.entrypoints.documents.forecasts.answer import readings_document
from tests.support.waiting import eventually


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


@pytest.fixture
def database(url):
    database = database_at(url)
    database.prepare()
    yield database
    database.disconnect()


def differences(database) -> list:
    with transaction(database, durable=True) as connection:
        options = {"version_table": migrations.VERSION_TABLE}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def test_the_head_is_the_newest_revision():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_from_nothing_the_tables_become_what_the_code_expects(database):
    with transaction(database, durable=True) as connection:
        migrations.migrate(connection)
    assert differences(database) == []


def test_forecasts_that_were_kept_as_texts_become_series(url, database):
    readings = [{"time": "2026-03-02T12:00:00Z", "value": 41.5}, {"time": "2026-03-02T12:15:00Z", "value": 62.0}]
    words = {"name": "load", "count": 2, "start": readings[0]["time"], "end": readings[1]["time"]}
    with transaction(database, durable=True) as connection:
        migrations.migrate(connection, to="0002")
        rows = [
            {"kind": "forecast", "id": "load", "version": 3, "body": json.dumps(words)},
            {
                "kind": "forecast_readings",
                "id": "load",
                "version": 3,
                "body": json.dumps({"text": json.dumps(readings)}),
            },
        ]
        connection.execute(insert(documents), rows)
    database.disconnect()
    store = SqlStore(url)
    assert store.open(timeout_s=20).trouble == ""
    try:
        (head,) = store.repository.forecasts(at=datetime.now(UTC))
        assert (head.name, head.version, head.count, str(head.unit)) == ("load", 3, 2, "kW")
        found = store.repository.forecast("load", at=datetime.now(UTC))
        assert readings_document(found) == readings
        assert store.repository.documents("forecast") == store.repository.documents("forecast_readings") == ()
    finally:
        store.close()


def test_from_the_revision_before_the_tables_become_the_same_and_what_was_in_them_stays(url, database):
    with transaction(database, durable=True) as connection:
        migrations.migrate(connection, to="0001")
        now_us = microseconds(datetime.now(UTC))
        end_us = now_us + 60_000_000
        row = {"id": "old", "source": "manual", "number": 7, "accepted_us": now_us, "end_us": end_us}
        connection.execute(insert(schedules), row)
        connection.execute(
            insert(blocks), {"schedule_id": "old", "start_us": now_us, "end_us": end_us, "targets": '{"a":5}'}
        )
        connection.execute(insert(documents), {"kind": "run", "id": "x", "version": 3, "body": "{}"})
        connection.execute(text("UPDATE book SET revision = 7"))
    database.disconnect()
    store = SqlStore(url)
    assert store.open(timeout_s=20).trouble == ""
    try:
        assert store.repository.get("old").schedule.blocks[0].targets == {"a": 5}
        assert store.repository.document("run", "x").version == 3
        change = DeviceChangeRecord(at=datetime.now(UTC), asset_id="a", is_good=True, sentence="x")
        store.recorder.record(change)
        assert eventually(lambda: store.state().stored == 1)
        assert differences(database) == []
    finally:
        store.close()


def test_a_migration_that_fails_leaves_the_tables_as_they_were(database):
    def migrate_and_fail() -> None:
        with transaction(database, durable=True) as connection:
            migrations.migrate(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        migrate_and_fail()
    with transaction(database, durable=True) as connection:
        migrations.migrate(connection, to="0001")


def test_several_that_open_an_empty_database_at_once_get_along(url):
    stores = [SqlStore(url) for _ in range(4)]
    threads = [threading.Thread(target=store.open, kwargs={"timeout_s": 30}) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        for number, store in enumerate(stores):
            store.repository.put_document("run", str(number), {}, timeout_s=20)
        assert len(stores[0].repository.documents("run")) == 4
    finally:
        for store in stores:
            store.close()
