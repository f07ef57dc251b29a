"""Each site has a store of its own, which commands find without being told."""

import os
from pathlib import Path

import pytest

from energy_manager.adapters.storage import store_at
from energy_manager.application.mastership import Lease
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.store import store_place
from energy_manager.entrypoints.container.store.store_place import (
    may_be_filled,
    place_of,
    remember_as_last_run,
    url_of,
    warning_of_place,
)
from energy_manager.entrypoints.settings import StoreSettings

UNSET = StoreSettings()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    folder = tmp_path / "energy-manager"
    folder.mkdir()
    return folder


def at(folder, name):
    return f"sqlite:///{folder / name}"


def first_store_of(folder, *sites):
    """The store of before sites had files of their own."""
    store = store_at(at(folder, "store.db"))
    store.open()
    for site in sites:
        Lease(site=site).keep(store.repository, timeout_s=5)
    store.close()


def test_a_site_has_a_file_of_its_name(folder):
    assert url_of(UNSET, "Smart home, no. 2") == at(folder, "smart-home-no-2.db")
    assert url_of(UNSET, "家") == at(folder, "site.db")


def test_what_the_settings_say_goes_first():
    assert url_of(StoreSettings(url="memory:"), "demo") == "memory:"
    assert place_of(StoreSettings(url="memory:"), "demo") is None
    assert place_of(StoreSettings(url="postgresql://me:secret@db/em"), "demo") == "postgresql://me:***@db/em"


def test_commands_without_a_site_look_into_the_store_of_the_one_that_ran_last(folder):
    assert url_of(UNSET, None) == at(folder, "store.db")
    remember_as_last_run(UNSET, "demo")
    assert url_of(UNSET, None) == at(folder, "store.db"), "the demo has written nothing yet"
    (folder / "demo.db").touch()
    assert url_of(UNSET, None) == place_of(UNSET, None) == at(folder, "demo.db")


def test_a_service_has_one_store_whatever_its_site(folder, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    remember_as_last_run(UNSET, "demo")
    assert url_of(UNSET, "demo") == url_of(UNSET, None) == at(folder, "store.db")
    assert not list(folder.iterdir())


def test_the_store_of_before_stays_with_its_site(folder):
    first_store_of(folder, "demo")
    assert url_of(UNSET, "demo") == at(folder, "store.db")
    assert url_of(UNSET, "smart home") == at(folder, "smart-home.db")


def test_a_store_on_which_no_site_has_run_is_for_whoever_comes_first(folder):
    first_store_of(folder)
    assert url_of(UNSET, "demo") == at(folder, "store.db")


def test_a_store_that_cannot_be_read_is_not_passed_over(folder):
    (folder / "store.db").write_bytes(b"no database" * 1000)
    assert url_of(UNSET, "demo") == at(folder, "store.db")


def test_where_no_file_is_nothing_is_kept(folder):
    assert not may_be_filled(UNSET, "demo")
    assert not may_be_filled(StoreSettings(url="memory:"), "demo")
    assert may_be_filled(StoreSettings(url="postgresql://db/em"), "demo")
    (folder / "demo.db").touch()
    assert may_be_filled(UNSET, "demo")


def test_it_is_said_where_nothing_can_be_stored(folder, monkeypatch):
    monkeypatch.setattr(store_place, "IN_CONTAINER", ())
    assert warning_of_place(UNSET, "demo") == ""
    assert warning_of_place(StoreSettings(url="postgresql://db/em"), "demo") == ""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert warning_of_place(UNSET, "demo").startswith(f"{folder} cannot be written, so nothing is kept: set ENERGY")


def test_it_is_said_where_the_store_goes_with_its_container(folder, monkeypatch):
    monkeypatch.setattr(store_place, "IN_CONTAINER", (Path("/"),))
    monkeypatch.setattr(os.path, "ismount", lambda path: False)
    assert warning_of_place(UNSET, "demo") == f"{folder} is inside the container and goes with it: mount a volume there"
    monkeypatch.setattr(os.path, "ismount", lambda path: path == folder.parent)
    assert warning_of_place(UNSET, "demo") == ""


def test_a_user_without_a_home_must_say_where_the_store_is(monkeypatch):
    def homeless():
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(Refused, match="ENERGY_MANAGER_STORE__URL: is needed: this user has no home"):
        url_of(UNSET, "demo")
