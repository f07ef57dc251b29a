"""The shipped HTTP and MQTT templates on devices that speak their JSON: read with their sign, switched and released."""

import json

import pytest

from energy_manager.adapters.devices.links.http import Fetched
from energy_manager.adapters.devices.links.json_paths import JsonPath
from energy_manager.adapters.devices.links.mqtt import Heard
from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.devices.templated.channels.over_json import HttpChannel, MqttChannel
from energy_manager.adapters.devices.templated.device import NoPower, TemplatedDevice
from energy_manager.adapters.devices.templates import read_template, shipped_templates
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.adapters.devices.templates.points import DELIVERS
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.domain.site import Ratings

RATINGS = Ratings(rated_w=11040, max_charge_w=5000, max_discharge_w=5000)
PARAMETERS = {
    "battery_modes": {"topic": "home/battery"},
    "sg_ready_relay": {"more_w": 1500, "force_w": 3000},
    "tasmota": {"topic": "plug"},
}
TEMPLATES = {name: read_template(name, parameters=PARAMETERS.get(name)) for name in shipped_templates()}
HTTP = [(n, u) for n, t in TEMPLATES.items() if t.template.driver == "http" for u in t.usages]


def with_value(path: str, value: object) -> object:
    """The smallest document that has the value there."""
    document = value
    for step in reversed(JsonPath.parse(path).steps):
        document = [*[0] * int(step), document] if step.isdecimal() else {step: document}
    return document


class Web:
    """A host with one document for each address, and what was sent to it."""

    peer = "device"

    def __init__(self, clock):
        self.clock = clock
        self.documents = {}
        self.sent = []
        self.users = Users(begin=lambda: None, end=lambda: None)

    def fetch(self, url):
        return Fetched(document=self.documents[url], taken_at_s=self.clock.now_s())

    def send(self, method, url, body):
        self.sent.append((method, url, body))


class Broker:
    peer, connections = "broker", 1

    def __init__(self, clock):
        self.clock = clock
        self.heard = {}
        self.sent = []
        self.users = Users(begin=lambda: None, end=lambda: None)

    def subscribe(self, topic):
        self.heard.setdefault(topic, None)

    def live(self, topic):
        return self.heard[topic]

    newest = live

    def publish(self, topic, payload, *, retain=False):
        self.sent.append((topic, payload))

    def hear(self, topic, payload):
        assert topic in self.heard
        self.heard[topic] = Heard(payload=json.dumps(payload).encode(), arrived_at_s=self.clock.now_s())


def device_of(name, usage_name, link, clock):
    usage = TEMPLATES[name].usages[usage_name]
    channel = HttpChannel(link) if isinstance(link, Web) else MqttChannel(link, usage)
    return TemplatedDevice(name, usage, channel, kind=KIND_OF_USAGE[usage_name], clock=clock, ratings=RATINGS)


@pytest.mark.parametrize(("name", "usage_name"), HTTP)
def test_a_power_is_read_with_its_sign_and_null_is_none(name, usage_name):
    clock = FakeClock()
    web = Web(clock)
    device = device_of(name, usage_name, web, clock)
    reads = TEMPLATES[name].usages[usage_name].read
    (point,) = [point for point in reads if point in DELIVERS]
    web.documents = {how.url: {} for how in reads.values()}
    web.documents[reads[point].url] = with_value(reads[point].json_path, 900.0)
    assert device.read().power_w == DELIVERS[point] * 900
    for nothing in (None, "900", True, [900]):
        web.documents[reads[point].url] = with_value(reads[point].json_path, nothing)
        with pytest.raises(NoPower):
            device.read()


def test_a_go_e_charger_is_told_amperes_switched_off_and_released():
    clock = FakeClock()
    web = Web(clock)
    web.documents = {"/api/status?filter=nrg": {"nrg": [*[0] * 11, 0.0]}}
    device = device_of("go_e", "charger", web, clock)
    for told_w in (-11040, -11040, 0, None):
        device.write(told_w)
        clock.sleep_until(clock.now_s() + 300)
    assert [url for _, url, _ in web.sent] == [
        "/api/set?amp=16",
        "/api/set?frc=2",
        "/api/set?amp=6",
        "/api/set?frc=1",
        "/api/set?frc=0",
    ]


def test_a_shelly_relay_is_switched_and_its_state_read():
    clock = FakeClock()
    web = Web(clock)
    web.documents = {"/rpc/Switch.GetStatus?id=0": {"apower": 1200.0, "output": True}}
    device = device_of("shelly_switch", "load", web, clock)
    assert device.read().power_w == -1200
    assert {point.name: point.value for point in device.readings()}["on"] == 1
    device.write(-11040)
    device.write(None)
    assert [url for _, url, _ in web.sent] == ["/rpc/Switch.Set?id=0&on=true", "/rpc/Switch.Set?id=0&on=false"]


def test_a_tasmota_relay_is_switched_and_its_old_value_counts_no_more():
    clock = FakeClock()
    broker = Broker(clock)
    device = device_of("tasmota", "load", broker, clock)
    broker.hear("tele/plug/SENSOR", {"ENERGY": {"Power": 1200}})
    measured = device.read()
    assert (measured.power_w, measured.taken_at_s) == (-1200, 0.0)
    device.write(-11040)
    device.write(None)
    assert broker.sent == [("cmnd/plug/POWER", "ON"), ("cmnd/plug/POWER", "OFF")]
    clock.sleep_until(901)
    with pytest.raises(NoPower):
        device.read()
