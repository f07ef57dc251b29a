"""``explain`` knows the site's assets, also those that have never answered."""

import pytest

from energy_manager.application.site_registry import keep_site
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.settings import StoreSettings
from tests.support.recorded import tick
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def recorded(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", url)
    store = store_of(StoreSettings(url=url), site=None)
    store.open()
    keep_site(store.repository, PlanningSite(controllable=("a",), uncontrolled=("meter",)))
    store.recorder.record(tick({"a": 5}, {"a": 9}))
    assert eventually(lambda: store.state().waiting == 0)
    store.close()


def test_an_asset_that_has_never_answered_is_one_of_the_site(capfd):
    app(["explain", "meter"], standalone_mode=False)
    assert capfd.readouterr().out.startswith("meter was told nothing at tick 0, ")


def test_a_stranger_is_refused():
    with pytest.raises(Refused, match="knows no 'metre'"):
        app(["explain", "metre"], standalone_mode=False)
