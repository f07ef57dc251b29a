"""Which site a command is about: ``--site``, else ENERGY_MANAGER_SITE, else the demo."""

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.container.store.store_place import remember_as_last_run
from energy_manager.entrypoints.settings import StoreSettings, load_settings
from energy_manager.entrypoints.site_file import DEMO_SITE, chosen_name, chosen_path, chosen_site
from tests.support.product import site_text


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("ENERGY_MANAGER_SITE", "ENERGY_MANAGER_STORE__URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ours", "theirs"):
        (tmp_path / f"{name}.toml").write_text(site_text({"a": 1}).replace('"test"', f'"{name}"'))
    return tmp_path


def test_what_is_named_goes_first_then_the_setting_then_the_demo(here):
    assert chosen_site(None).site.name == "demo"
    (here / ".env").write_text("ENERGY_MANAGER_SITE=ours.toml\n")
    assert chosen_site(None).site.name == "ours"
    assert chosen_site(here / "theirs.toml").site.name == "theirs"
    assert chosen_path(DEMO_SITE) == DEMO_SITE


def test_check_says_which_site_it_is_about(here, monkeypatch):
    assert next(describe(None)).startswith("site 'demo' from the built-in demo: ")
    monkeypatch.setenv("ENERGY_MANAGER_SITE", "ours.toml")
    assert next(describe(None)).startswith("site 'ours' from ours.toml (ENERGY_MANAGER_SITE): ")


def test_a_file_that_is_not_there_is_told_with_where_it_was_named(here):
    (here / ".env").write_text("# mine\nENERGY_MANAGER_SITE=our.toml\n")
    with pytest.raises(Refused) as refused:
        list(describe(None))
    assert str(refused.value) == f".env:2: ENERGY_MANAGER_SITE: there is no file 'our.toml' in {here}"


def test_what_is_stored_goes_to_the_chosen_site_though_another_one_ran_last(here, monkeypatch, capfd):
    for name in ("ours", "theirs"):
        store = store_of(StoreSettings(), site=name)
        store.open()
        store.close()
    remember_as_last_run(StoreSettings(), "theirs")
    with monkeypatch.context() as chosen:
        chosen.setenv("ENERGY_MANAGER_SITE", "ours.toml")
        app(["tokens", "add", "north", "--role", "viewer"], standalone_mode=False)
        capfd.readouterr()
        app(["tokens", "list"], standalone_mode=False)
        assert "north" in capfd.readouterr().out
    app(["tokens", "list"], standalone_mode=False)
    assert "north" not in capfd.readouterr().out


def test_the_name_is_read_though_something_else_is_wrong_in_the_file(here, monkeypatch):
    (here / "ours.toml").write_text('[site]\nname = "ours"\nassets = 3\n')
    monkeypatch.setenv("ENERGY_MANAGER_SITE", "ours.toml")
    assert chosen_name(load_settings()) == "ours"
    (here / "ours.toml").write_text("[site")
    with pytest.raises(Refused, match=r"ours\.toml: is no TOML"):
        chosen_name(load_settings())
