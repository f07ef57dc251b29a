import pytest

from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.adapters.storage.sql.tables import book, metadata
from energy_manager.application.ports.records.history import Retention

ROWS = [f"DELETE FROM {table.name}" for table in metadata.sorted_tables[::-1] if table is not book]
EMPTY = "; ".join([*ROWS, "UPDATE book SET revision = 0"])
"""A third of the computing of new tables, and a tenth of TRUNCATE's."""
FOR_EVER = Retention(detail_days=36_500, summary_days=36_500)


@pytest.fixture(params=["in memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    """Every kind of store, empty and open."""
    if request.param == "in memory":
        yield from _opened(InMemoryStore())
    elif request.param == "sqlite":
        yield from _opened(_store_at(f"sqlite:///{tmp_path}/store.db"))
    else:
        with request.getfixturevalue("postgresql").database(afterwards=EMPTY) as url:
            yield from _opened(_store_at(url))


def _store_at(url):
    return SqlStore(url, retention=FOR_EVER, lived_until=wall_clock)


def _opened(store):
    assert store.open(timeout_s=60).trouble == ""
    yield store
    store.close()
