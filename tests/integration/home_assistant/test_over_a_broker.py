"""The example site beside a real broker: what is said stays, orders come through, topics are a meter and a load."""

import json
import time

import pytest

from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.links.mqtt import Message, MqttLink
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.entrypoints.container.devices.devices import drivers_of
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import read_site_file
from tests.support.mosquitto import Broker
from tests.support.product import ROOT
from tests.support.relay import Relay
from tests.support.waiting import eventually

EXAMPLE = ROOT / "examples" / "home_assistant.toml"
AVAILABILITY = "energy_manager/home/availability"
NUMBER = "homeassistant/number/energy_manager_home/battery_order/config"
STATE = "energy_manager/home/battery/state"


@pytest.fixture(scope="module")
def broker():
    broker = Broker()
    try:
        broker.start()
        yield broker
    finally:
        broker.clean_up()


@pytest.fixture
def connect(broker):
    links = []

    def connect(*topics, port=None, **how):
        link = MqttLink("127.0.0.1", port or broker.port, clock=MonotonicClock(), **how)
        links.append(link)
        for topic in topics:
            link.subscribe(topic)
        link.open()
        assert eventually(lambda: link.is_up)
        return link

    yield connect
    for link in links:
        link.close()


@pytest.fixture
def site(broker, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(EXAMPLE.read_text().replace('host = "127.0.0.1"', f'host = "127.0.0.1"\nport = {broker.port}'))
    return read_site_file(path)


def test_a_topic_is_a_meter_and_another_a_load(site, connect):
    drivers = drivers_of(site, MonotonicClock())
    grid, boiler = drivers["grid"](), drivers["boiler"]()
    speaking = connect("home/boiler/set")

    def reads(device, topic, payload):
        speaking.publish(topic, payload)
        try:
            return device.read().power_w
        except LinkError:
            return None

    assert eventually(lambda: reads(grid, "home/grid/power", "842.5") == -842.5)
    assert eventually(lambda: reads(boiler, "home/boiler/state", '{"power": 1900}') == -1900)

    def is_switched_on():
        boiler.write(-2000.0)
        heard = speaking.live("home/boiler/set")
        return heard and heard.payload == b"ON"

    assert eventually(is_switched_on)
    for device in (grid, boiler):
        device.close()


def test_when_we_are_gone_without_a_word_the_broker_says_so(connect, broker):
    hearing, relay = connect("will"), Relay(broker.port)
    connect(will=Message("will", "offline", retain=True), port=relay.port)
    relay.cut()
    assert eventually(lambda: hearing.newest("will"))
    assert hearing.newest("will").payload == b"offline"
    relay.close()


def test_home_assistant_sees_the_site_orders_it_and_sees_it_again_after_the_broker_came_back(site, connect, broker):
    settings = Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:"))
    container = Container(settings=settings, site=site)
    container.store().open()
    container.mastership().take(takeover=False)
    running = container.home_assistant()
    talking = running.start()
    there = connect(AVAILABILITY, NUMBER, STATE)

    def newest(topic):
        heard = there.newest(topic) if there.is_up else None
        return None if heard is None or not heard.payload else heard.payload

    assert eventually(lambda: newest(AVAILABILITY) == b"online" and newest(NUMBER) and newest(STATE))
    number = json.loads(newest(NUMBER))
    there.publish(number["command_topic"], "1500")
    assert eventually(lambda: container.store().repository.get("comfort:battery"))
    assert eventually(lambda: json.loads(newest(STATE))["order"] == 1500)
    broker.stop()
    assert eventually(lambda: not there.is_up)
    began_s = time.monotonic()
    broker.start()
    assert eventually(lambda: newest(AVAILABILITY) == b"online" and there.live(NUMBER), within_s=30), "nothing was kept"
    assert began_s < there.live(NUMBER).arrived_at_s
    talking.cancel()
    running.link.close()
