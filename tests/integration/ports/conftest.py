import pytest

from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.ports.records.history import Retention

FOR_EVER = Retention(detail_days=36_500, summary_days=36_500)


@pytest.fixture(params=["in memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    """Every kind of store, empty and open."""
    if request.param == "in memory":
        store = InMemoryStore()
    elif request.param == "sqlite":
        store = SqlStore(f"sqlite:///{tmp_path}/store.db", retention=FOR_EVER, lived_until=wall_clock)
    else:
        store = SqlStore(
            request.getfixturevalue("postgresql").new_database(), retention=FOR_EVER, lived_until=wall_clock
        )
    assert store.open(timeout_s=60).trouble == ""
    yield store
    store.close()
