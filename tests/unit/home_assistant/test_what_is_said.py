"""What Home Assistant is told: descriptions once a connection, states when they change, all again when it comes up."""

from dataclasses import replace

from energy_manager.domain.site import Asset, Site
from energy_manager.entrypoints.home_assistant.entities import descriptions, exposed_assets
from energy_manager.entrypoints.home_assistant.topics import Topics, in_topic
from tests.support.home_assistant import SITE, Talking

STATE = "energy_manager/home/battery/state"
TOPICS = Topics(base="energy_manager", prefix="homeassistant", site="home")


def described(site=SITE):
    return {
        topic: description
        for exposed in exposed_assets(site)
        for topic, description in descriptions(exposed, Topics(base="b", prefix="homeassistant", site=site.name))
    }


def keys_of(asset):
    return {topic.split("/")[3].removeprefix(f"{asset}_") for topic in described() if f"/{asset}_" in topic}


def test_each_asset_is_a_device_with_the_entities_of_what_it_is():
    told = {"output", "state", "target", "lowest", "highest", "decided_by"}
    assert keys_of("battery") == told | {"soc", "order", "release"}
    assert keys_of("grid") == {"output", "state"}
    assert keys_of("washer") == told, "a household's plan switches it"


def test_ids_are_unique_and_every_entity_goes_when_the_site_is_away():
    found = described()
    assert len({description["unique_id"] for description in found.values()}) == len(found) == 17
    assert {description["availability_topic"] for description in found.values()} == {"b/home/availability"}


def test_a_number_has_the_range_of_what_the_asset_can_ever_do():
    number = described()["homeassistant/number/energy_manager_home/battery_order/config"]
    assert (number["min"], number["max"], number["step"], number["unit_of_measurement"]) == (-4, 3, 1, "kW")
    without = Site(name="s", assets=(Asset(id="a"),))
    number = described(without)["homeassistant/number/energy_manager_s/a_order/config"]
    assert (number["min"], number["max"]) == (-1_000_000, 1_000_000)


def test_each_power_says_what_its_sign_means():
    powers = [one for one in described().values() if one.get("device_class") == "power"]
    assert len(powers) == 10
    assert all(one["name"].endswith("(minus: takes)") for one in powers)


def test_names_become_ids_that_home_assistant_takes_and_stay_different():
    assert in_topic("pv-1_south") == "pv-1_south"
    wild = {in_topic(name) for name in ("Büro/1", "Büro#1", "Büro+1", "B ro 1")}
    assert len(wild) == 4
    assert all(set(name) <= set("B_ro1abcdef0123456789") for name in wild)


def test_the_state_is_what_is_known_and_null_for_the_rest():
    home = Talking()
    home.talk.look()
    assert home.state()["output"] is None
    assert home.state()["state"] == "absent"
    home.surveyed.tick()
    home.talk.look()
    assert home.state() == {
        "output": 1.2,
        "state": "ok",
        "soc": 56.0,
        "target": 0,
        "lowest": -4,
        "highest": 3,
        "decided_by": None,
        "order": None,
    }
    assert set(home.state("grid")) == {"output", "state"}


def test_a_status_that_is_too_old_is_no_measurement():
    home = Talking()
    home.surveyed.tick()
    home.wait(26)
    home.talk.look()
    state = home.state()
    assert (state["state"], state["output"], state["soc"], state["highest"]) == ("stale", None, None, None)


def test_states_are_said_when_they_change_and_all_every_20_s():
    home = Talking()
    home.surveyed.tick()
    home.talk.look()
    home.broker.take()
    home.talk.look()
    assert home.broker.take() == []
    home.wait(20)
    home.talk.look()
    assert home.broker.topics() == [home.topics.state(asset) for asset in ("battery", "grid", "washer")]


def test_a_new_connection_is_introduced_to_everything_and_all_is_retained():
    home = Talking()
    home.talk.look()
    first = home.broker.take()
    assert all(is_retained for _, _, is_retained in first)
    assert [payload for topic, payload, _ in first if topic == "energy_manager/home/availability"] == ["online"]
    home.broker.is_away = True
    home.wait(30)
    home.talk.look()
    home.broker.is_away, home.broker.connections = False, 2
    home.talk.look()
    assert sorted(home.broker.topics()) == sorted(topic for topic, _, _ in first)


def test_a_home_assistant_that_comes_up_is_told_everything_after_the_jitter():
    home = Talking()
    home.talk.look()
    home.broker.take()
    home.broker.say("homeassistant/status", "online")
    home.wait(1)
    home.talk.look()
    assert home.broker.take() == []
    home.wait(1)
    home.talk.look()
    assert len(home.broker.take()) == 17 + 1 + 3


def test_a_retained_word_that_home_assistant_came_up_is_old():
    home = Talking()
    home.talk.look()
    home.broker.take()
    home.broker.say("homeassistant/status", "online", is_retained=True)
    home.broker.say("homeassistant/status", "offline")
    home.wait(5)
    home.talk.look()
    assert home.broker.take() == []


def test_a_late_will_of_an_earlier_connection_is_taken_back():
    home = Talking()
    home.talk.look()
    home.broker.take()
    home.broker.say("energy_manager/home/availability", "offline")
    home.talk.look()
    assert ("energy_manager/home/availability", "online", True) in home.broker.take()


def test_what_has_left_the_site_file_is_taken_back_once():
    home = Talking()
    home.talk.look()
    without_a_meter = replace(SITE, assets=tuple(asset for asset in SITE.assets if asset.id != "grid"))
    later = Talking(without_a_meter, store=home.store)
    later.talk.look()
    taken_back = [(topic, is_retained) for topic, payload, is_retained in later.broker.take() if payload == ""]
    prefix = "homeassistant/sensor/energy_manager_home/grid"
    assert taken_back == [(f"{prefix}_output/config", True), (f"{prefix}_state/config", True)]
    later.broker.connections += 1
    later.talk.look()
    assert "" not in [payload for _, payload, _ in later.broker.take()]


def test_who_does_not_command_the_site_is_silent():
    home = Talking()
    home.is_master = False
    home.order("2")
    assert home.broker.published == []
    assert home.orders.in_force() == {}


def test_what_decides_is_named():
    home = Talking(scheduled={"battery": 2}, decided_by={"battery": "production:plan-7"})
    home.surveyed.tick()
    home.talk.look()
    assert home.state()["decided_by"] == "production:plan-7"
    assert home.state()["target"] == 2
