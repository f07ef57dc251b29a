"""Every provider of the container can be resolved, with what it promises behind it."""

import pytest

from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.dispatch import DispatchLoop
from energy_manager.domain.clock_trust import TRUSTED
from energy_manager.domain.dispatch import FollowSchedule
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.appliances import live_appliances
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import (
    ApiSettings,
    AppliancesSettings,
    DispatchSettings,
    Settings,
    StoreSettings,
)
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file
from tests.support.product import ROOT


def test_every_provider_resolves():
    settings = Settings(api=ApiSettings(port=0))
    container = Container(settings=settings, site=read_site_file(DEMO_SITE))
    resolved = {name: provider() for name, provider in container.providers.items()}
    assert isinstance(resolved["dispatch_loop"], DispatchLoop)
    assert resolved["api"].url.startswith("http://127.0.0.1:")
    resolved["api"].close()
    assert isinstance(resolved["pool"], ElasticPool)
    assert resolved["devices"].asset_ids == ("asset_1", "asset_2", "asset_3")


def test_homes_of_the_site_file_are_wired_to_their_devices():
    site = read_site_file(ROOT / "examples" / "appliances.toml")
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=site)
    container.store().open()
    container.watch_appliances().look()
    building = container.live().look()
    assert building.household("home").threshold_w == 3000
    assert building.installed["home", "Washing machine"].asset == "washer"
    assert building.site.watts_per_step == 1
    container.live().request({"household": "home", "appliance": "Car"})
    assert container.store().repository.get("appliance:home/Car").schedule.assets == ("car",)


RELAYS = """
[site]
name = "relays"
power_unit = "W"
[[assets]]
id = "rod"
kind = "load"
rated_w = 2000
driver = "device"
template = "shelly_switch"
host = "192.0.2.1"
[[assets]]
id = "pump"
kind = "load"
rated_w = 500
unscheduled = "release"
driver = "device"
template = "shelly_switch"
host = "192.0.2.2"
"""


def test_an_appliance_that_was_named_over_http_rests_between_its_runs_unless_the_site_file_says_otherwise(tmp_path):
    (tmp_path / "site.toml").write_text(RELAYS)
    site = read_site_file(tmp_path / "site.toml")
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=site)
    container.store().open()
    send, live = container.send_targets(), container.live()
    assert send.unscheduled == {"rod": None, "pump": None}
    assert send.rest() == frozenset()
    live.put_household("home", {"threshold_w": 5000})
    for name in ("rod", "pump"):
        live.put_appliance("home", name, {"power_w": 400, "duration_min": 30, "asset": name})
    assert send.rest() == {"rod"}


def test_neighbours_are_addresses():
    def live(**settings):
        return live_appliances(
            AppliancesSettings(**settings),
            InMemoryStore().repository,
            InMemoryJournal(),
            site=None,
            trust=lambda: TRUSTED,
        )

    with pytest.raises(Refused, match="'next door' is no http"):
        live(neighbours="http://127.0.0.1:1/profile, next door")
    assert live(building_limit_w=5000.0).kept.policy.building_limit_w == 5000
    asking = live(neighbours="http://127.0.0.1:1/profile").neighbours
    assert asking.others_w() is None
    asking.close()


def test_the_policy_is_chosen_by_its_setting():
    settings = Settings(dispatch=DispatchSettings(policy="follow_schedule"))
    container = Container(settings=settings, site=read_site_file(DEMO_SITE))
    assert isinstance(container.policy(), FollowSchedule)


def test_two_sites_share_nothing():
    one, other = (Container(settings=Settings(), site=read_site_file(DEMO_SITE)) for _ in range(2))
    assert one.devices() is not other.devices()
    assert one.devices() is one.devices()
