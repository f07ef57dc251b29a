"""From a URL to a store; without one, a file of the user's."""

import pickle
from pathlib import Path

import pytest

from energy_manager.adapters.storage import InMemoryStore, default_path, store_at
from energy_manager.application.ports.schedules.durability import StoreUnavailable, VersionConflict
from energy_manager.domain.errors import Refused


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "sqlite:///x?mode=ro", "", "sqlite:////a/b.db"],
)
def test_only_urls_of_known_stores_are_taken(url):
    if url in {"", "sqlite:////a/b.db"}:
        store_at(url)
        return
    with pytest.raises(Refused) as refusal:
        store_at(url)
    assert refusal.value.faults[0].field == "url"


def test_a_refusal_does_not_show_a_password():
    with pytest.raises(Refused) as refusal:
        store_at("mysql://me:secret@host/x")
    assert "secret" not in str(refusal.value)


def test_memory_needs_no_place():
    store = store_at("memory:")
    assert isinstance(store, InMemoryStore)
    store.open()
    store.close()


def test_the_file_is_in_the_users_data_directory(monkeypatch, tmp_path):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "energy-manager" / "store.db"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_path() == Path.home() / ".local" / "share" / "energy-manager" / "store.db"


def test_a_service_keeps_it_in_its_state_directory_and_a_mac_in_its_library(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/em:/var/lib/other")
    assert default_path() == Path("/var/lib/em/store.db")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setattr("sys.platform", "darwin")
    assert "Application Support" in str(default_path())


@pytest.mark.parametrize(
    "error",
    [StoreUnavailable("away", is_undone=False), VersionConflict(kind="run", id="x", expected=1, found=2)],
)
def test_errors_of_the_store_survive_pickling_and_carry_their_particulars(error):
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.details, again.code) == (str(error), error.details, error.code)
    assert error.details
