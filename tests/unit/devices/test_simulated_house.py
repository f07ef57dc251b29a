"""A simulated device and the house behind it: powers balance, and what is written moves all of them."""

import pytest

from energy_manager.adapters.devices.templated.channels.over_json import HttpChannel, MqttChannel
from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.simulation import SimulatedDocuments, SimulatedHouse, SimulatedUnit
from energy_manager.adapters.devices.templates import parse_template, read_template
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.domain.site import Ratings
from tests.support.loopback import link_to
from tests.unit.devices.test_shipped_json_templates import Broker, Web

RATINGS = Ratings(rated_w=11040, max_charge_w=5000, max_discharge_w=5000, capacity_wh=10000)


class House:
    """The shipped hybrid inverter with battery, sun and meter, and our drivers for all three."""

    def __init__(self, **house):
        self.clock = FakeClock(1000.0)
        template = read_template("sma_hybrid")
        self.unit = SimulatedUnit(template, clock=self.clock, ratings=RATINGS)
        self.house = SimulatedHouse(device=self.unit, clock=self.clock, **house)
        link, _ = link_to(self.clock, {1: self.unit})
        self.devices = {
            name: TemplatedDevice(
                name, usage, ModbusChannel(link, 1), kind=KIND_OF_USAGE[name], clock=self.clock, ratings=RATINGS
            )
            for name, usage in template.usages.items()
        }

    def power_w(self, name):
        return self.devices[name].read().power_w


def test_usages_that_read_different_numbers_of_the_same_registers_cannot_be_simulated_together():
    text = """
[template]
title = "Two units of one make"
driver = "modbus"
[grid]
read.import_w = { input = [10, 12], type = "int32" }
[pv]
read.output_w = { input = 13 }
[load]
read.load_w = { holding = 10 }
"""
    template, clock = parse_template(text, label="t.toml"), FakeClock()
    assert SimulatedUnit(template, clock=clock).contested == ("grid and pv",)
    assert SimulatedUnit(template, clock=clock, usages=["pv", "load"]).contested == ()


@pytest.mark.parametrize("told_w", [None, 1500.0, -2000.0, 0.0])
def test_what_goes_in_goes_out_at_every_moment(told_w):
    house = House()
    for after_s in (0, 7, 25, 60, 200, 300, 590):
        house.clock.sleep_until(1000 + after_s)
        house.devices["battery"].write(told_w)
        powers_w = {name: house.power_w(name) for name in house.devices}
        load_w = house.house.load_w(house.clock.now_s())
        assert powers_w["battery"] + powers_w["pv"] - powers_w["grid"] == pytest.approx(load_w, abs=2)
        assert powers_w["battery"] == (told_w or 0.0)


def test_the_battery_moves_the_meter_and_its_own_charge():
    house = House(sun_w=0.0, kettle_w=0.0, base_w=400.0)
    assert house.power_w("grid") == -400
    house.devices["battery"].write(-2000)
    assert house.power_w("grid") == -2400
    house.clock.sleep_until(1000 + 1800)
    assert house.devices["battery"].read().stored_wh == pytest.approx(6000, abs=60)
    house.devices["battery"].write(None)
    assert house.power_w("grid") == -400


def test_an_empty_battery_gives_nothing_and_a_full_one_takes_nothing():
    house = House(stored_wh=0.0)
    house.devices["battery"].write(1000)
    assert house.power_w("battery") == 0
    house = House(stored_wh=10_000.0)
    house.devices["battery"].write(-1000)
    assert house.power_w("battery") == 0
    house.devices["battery"].write(1000)
    assert house.power_w("battery") == 1000


class ServedWeb(Web):
    """An HTTP host that is the simulated device."""

    def __init__(self, clock, device):
        super().__init__(clock)
        self.device = device

    def fetch(self, url):
        self.documents = self.device.documents()
        return super().fetch(url)

    def send(self, method, url, body):
        assert self.device.take(url, body or "")


class ServedBroker(Broker):
    def __init__(self, clock, device):
        super().__init__(clock)
        self.device = device

    def say(self):
        for topic, document in self.device.documents().items():
            if topic in self.heard:
                self.hear(topic, document)

    def publish(self, topic, payload, *, retain=False):
        assert topic in self.device.places()
        assert self.device.take(topic, payload)


def json_device(template, usage_name):
    clock = FakeClock(1000.0)
    simulated = SimulatedDocuments(template, clock=clock, ratings=RATINGS)
    usage = template.usages[usage_name]
    if template.template.driver == "http":
        link = ServedWeb(clock, simulated)
        channel = HttpChannel(link)
    else:
        link = ServedBroker(clock, simulated)
        channel = MqttChannel(link, usage)
        link.say()
    device = TemplatedDevice("it", usage, channel, kind=KIND_OF_USAGE[usage_name], clock=clock, ratings=RATINGS)
    return simulated, device, link


@pytest.mark.parametrize(("name", "usage_name"), [("go_e", "charger"), ("shelly_switch", "load")])
def test_a_simulated_http_device_is_read_told_and_released_by_its_own_template(name, usage_name):
    simulated, device, _ = json_device(read_template(name), usage_name)
    assert device.read().power_w == 0
    device.write(-11040)
    assert simulated.setpoint_w(usage_name) == -11040
    assert device.read().power_w == -11040
    device.write(None)
    assert device.read().power_w == 0


def test_a_simulated_mqtt_relay_hears_its_words_and_says_that_it_is_online():
    template = read_template("tasmota", parameters={"topic": "plug"})
    simulated, device, link = json_device(template, "load")
    assert list(simulated.online()) == [("tele/plug/LWT", "Online")]
    device.write(-11040)
    link.say()
    assert device.read().power_w == -11040
    assert {point.name: point.value for point in device.readings()}["on"] == 1
    device.write(None)
    link.say()
    assert device.read().power_w == 0


BODIES = """
[template]
title = "A battery that takes JSON"
driver = "mqtt"
[battery]
control = "setpoint"
online = { topic = "b/state", json = "is", words = { up = true, down = false } }
read.discharge_w = { topic = "b/values", json = "cells[name=one].w" }
read.soc_percent = { topic = "b/values", json = "soc" , scale = 0.1 }
begin = [{ topic = "b/set", body = '{"mode": {value}}', value = 2 }]
target = [
    { topic = "b/set", body = '{"w": {value}}', value = "magnitude_w" },
    { topic = "b/set", body = '{"do": {value}}', value = "direction", words = { charge = 1, discharge = 2, idle = 0 } },
]
release = [{ topic = "b/set", body = '{"mode": {value}}', value = 0 }]
volatile = true
"""


def test_bodies_with_values_are_understood_and_a_mode_that_is_left_ends_the_target():
    simulated, device, link = json_device(parse_template(BODIES, label="it"), "battery")
    assert list(simulated.online()) == [("b/state", '{"is": "up"}')]
    assert simulated.documents() == {"b/values": {"cells": [{"name": "one", "w": 0}], "soc": 500}}
    for told_w in (1500.0, -700.0, 0.0):
        device.write(told_w)
        link.say()
        assert device.read().power_w == told_w
    device.write(900.0)
    device.write(None)
    assert simulated.setpoint_w("battery") is None
    assert not simulated.take("b/set", "nonsense")
