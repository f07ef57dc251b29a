"""The driver ``device`` from a site file to real sockets: Modbus, MQTT and HTTP devices, alone and behind one link."""

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pydantic import ValidationError

from energy_manager.adapters.devices import DriverContext
from energy_manager.adapters.devices.driver import Connection, DeviceAbsent
from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.links.mqtt import MqttLink
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import HttpOptions, ModbusOptions, MqttOptions
from energy_manager.adapters.devices.templated.device import NoPower
from energy_manager.adapters.devices.templated.driver import DEVICE
from energy_manager.adapters.devices.templated.identity import WrongDevice
from energy_manager.adapters.devices.templated.options import DeviceOptions
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import read_template
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import AssetKind, Ratings
from tests.support.mosquitto import Broker
from tests.support.waiting import eventually

CLOCK = MonotonicClock()


class Site:
    """What devices of one site share."""

    def __init__(self):
        self.links = SharedLinks()
        self.devices = []

    def open(self, options, *, kind=AssetKind.STORAGE, connection=None, ratings=None):
        context = DriverContext(
            asset_id="it",
            kind=kind,
            ratings=ratings or Ratings(capacity_wh=10000, max_charge_w=5000, max_discharge_w=5000),
            watts_per_step=1,
            now_s=CLOCK.now_s,
            link=self.links,
            connection=connection,
        )
        device = DEVICE.open(DeviceOptions.model_validate(options), context)
        self.devices.append(device)
        return device


@pytest.fixture
def site():
    site = Site()
    yield site
    for device in site.devices:
        device.close()


@pytest.fixture
def simulated():
    servers = []

    def simulated(name, usage):
        unit = SimulatedUnit(read_template(name), clock=CLOCK, usages=[usage])
        server = ModbusServer(unit)
        server.start()
        servers.append(server)
        return unit, server

    yield simulated
    for server in servers:
        server.stop()


def test_a_battery_is_told_read_and_released_over_tcp(site, simulated):
    unit, server = simulated("sma_battery", "battery")
    device = site.open({"template": "sma_battery", "host": "127.0.0.1", "port": server.port, "serial": 1234567})
    unit.usages["battery"].own_w = -300.0
    assert device.read().power_w == -300
    device.write(-2000)
    assert unit.setpoint_w("battery") == -2000
    measured = device.read()
    assert (measured.power_w, measured.stored_wh, measured.lowest_w) == (-2000, 5000, -5000)
    server.hang_up()
    device.write(1500)
    assert unit.setpoint_w("battery") == 1500
    device.write(None)
    assert unit.setpoint_w("battery") is None


@pytest.mark.parametrize("behind_a_gateway", [False, True], ids=["on their own", "behind a gateway"])
def test_two_devices_that_exchange_addresses_are_neither_believed_nor_written(site, simulated, behind_a_gateway):
    (one, first), (two, second) = (simulated("sma_battery", "battery") for _ in range(2))
    two.usages["battery"].serial = "7654321"
    devices = [
        site.open({"template": "sma_battery", "host": "127.0.0.1", "port": server.port, "serial": serial})
        for server, serial in ((first, "1234567"), (second, "7654321"))
    ]
    for device in devices:
        device.write(1000)
    one.usages["battery"].serial, two.usages["battery"].serial = "7654321", "1234567"
    one.writes.clear()
    two.writes.clear()
    for server in () if behind_a_gateway else (first, second):
        server.hang_up()
    for device in devices:
        for told_w in (2000, None):
            with pytest.raises(WrongDevice, match="not"):
                device.write(told_w)
        with pytest.raises(WrongDevice, match="not"):
            device.read()
    assert one.writes == two.writes == []
    one.usages["battery"].serial, two.usages["battery"].serial = "1234567", "7654321"
    for device in devices:
        device.write(2000)
    assert one.setpoint_w("battery") == two.setpoint_w("battery") == 2000
    assert one.writes[0] == two.writes[0], "what is back at its place is begun again"


def test_assets_with_the_same_host_and_port_share_a_connection(site, simulated):
    unit, server = simulated("sma_hybrid", "battery")
    at = {"template": "sma_hybrid", "host": "127.0.0.1", "port": server.port}
    battery, sun = site.open(at), site.open(at, kind=AssetKind.PRODUCER)
    assert battery.link is sun.link
    assert battery.read().power_w == 0
    with pytest.raises(LinkError):
        sun.read()
    assert unit.writes == []


def test_a_named_connection_is_used_and_must_be_of_the_right_type(site, simulated):
    _, server = simulated("sma_battery", "battery")
    modbus = Connection(id="bus", driver="modbus", options=ModbusOptions(host="127.0.0.1", port=server.port))
    assert site.open({"template": "sma_battery", "unit": 3}, connection=modbus).read().power_w == 0
    http = Connection(id="web", driver="http", options=HttpOptions(base_url="http://x"))
    with pytest.raises(Refused, match="web is of type http, the device is behind modbus"):
        site.open({"template": "sma_battery"}, connection=http)
    with pytest.raises(Refused, match="no host either"):
        site.open({"template": "sma_battery"})
    with pytest.raises(Refused, match=r"no usage fits for kind load: the device has grid \(meter\), battery"):
        site.open({"template": "sma_battery", "host": "x"}, kind=AssetKind.LOAD)
    with pytest.raises(ValidationError, match="nothing says where the device has its serial number"):
        site.open({"template": "victron_gx", "host": "x", "serial": 5}, kind=AssetKind.METER)


SHELLY = {"apower": 0.0, "output": False}


@pytest.fixture
def shelly():
    class Handler(BaseHTTPRequestHandler):
        state: ClassVar = dict(SHELLY)
        mac = "A8032ABB"

        def log_message(self, *_):
            pass

        def do_GET(self):
            if "Switch.Set" in self.path:
                Handler.state = {"apower": 1500.0, "output": True} if "on=true" in self.path else dict(SHELLY)
            document = {"mac": Handler.mac} if "GetDeviceInfo" in self.path else Handler.state
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler, server.server_port
    server.shutdown()
    server.server_close()


def test_a_relay_is_switched_over_http_and_not_when_it_is_another_one(site, shelly):
    handler, port = shelly
    options = {"template": "shelly_switch", "host": "127.0.0.1", "port": port, "serial": "A8032ABB"}
    relay = site.open(options, kind=AssetKind.LOAD, ratings=Ratings(rated_w=1500))
    assert relay.read().power_w == 0
    relay.write(-1500)
    assert handler.state["output"] is True
    assert relay.read().power_w == -1500
    handler.mac = "FFFFFFFF"
    for call in (lambda: relay.write(None), relay.read):
        with pytest.raises(WrongDevice):
            call()
    assert handler.state["output"] is True
    handler.mac = "A8032ABB"
    for nonsense in (None, "1500", True):
        handler.state = {"apower": nonsense, "output": True}
        with pytest.raises(NoPower):
            relay.read()


@pytest.fixture
def broker():
    broker = Broker()
    try:
        broker.start()
        yield broker
    finally:
        broker.clean_up()


def test_of_targets_that_change_while_the_broker_restarts_only_the_newest_arrives(site, broker):
    arrived = []
    plug = MqttLink("127.0.0.1", broker.port, clock=CLOCK)
    plug.subscribe("told", lambda heard: arrived.append(int(heard.payload)))
    plug.open()
    assert eventually(lambda: plug.is_up)
    broker_at = Connection(id="b", driver="mqtt", options=MqttOptions(host="127.0.0.1", port=broker.port))
    usage = {
        "control": "setpoint",
        "read": {"discharge_w": {"topic": "power"}},
        "target": [{"topic": "told", "value": "discharge_w", "type": "int32"}],
        "release": [{"topic": "told", "value": 0}],
    }
    battery = site.open({"battery": usage | {"volatile": True}}, connection=broker_at)
    newest = itertools.count(1)
    assert eventually(lambda: plug.publish("power", "0") or (_is_written(battery, next(newest)) and arrived))
    broker.stop()
    # Each link sees for itself that the broker is away.
    assert eventually(lambda: not plug.is_up and not _is_written(battery, next(newest)))
    for old in (-1, -2, -3):
        assert not _is_written(battery, old)
    before = next(newest)
    broker.start()
    assert eventually(lambda: _is_written(battery, next(newest)) and arrived[-1] > before)
    assert min(arrived) > 0
    plug.close()


def _is_written(device, setpoint_w):
    try:
        device.write(setpoint_w)
    except LinkError:
        return False
    return True


def test_a_relay_is_switched_over_mqtt_and_a_retained_value_is_no_measurement(site, broker):
    plug = MqttLink("127.0.0.1", broker.port, clock=CLOCK)
    plug.subscribe("cmnd/plug/POWER")
    plug.subscribe("tele/plug/SENSOR")
    plug.open()
    assert eventually(lambda: plug.is_up)
    old = '{"ENERGY": {"Power": 5}}'
    plug.publish("tele/plug/SENSOR", old, retain=True)  # once: another one on its way would be live for the relay
    assert eventually(lambda: plug.live("tele/plug/SENSOR"))
    broker_at = Connection(id="b", driver="mqtt", options=MqttOptions(host="127.0.0.1", port=broker.port))
    options = {"template": "tasmota", "parameters": {"topic": "plug"}}
    relay = site.open(options, kind=AssetKind.LOAD, connection=broker_at, ratings=Ratings(rated_w=2000))
    link = relay.link
    assert eventually(lambda: link.is_up and link.newest("tele/plug/SENSOR"))
    for call in (relay.read, lambda: relay.write(-2000)):
        with pytest.raises(DeviceAbsent, match="has not said load_w yet"):
            call()
    assert plug.newest("cmnd/plug/POWER") is None

    def is_measured():
        plug.publish("tele/plug/SENSOR", '{"ENERGY": {"Power": 1900}}')
        return link.live("tele/plug/SENSOR")

    assert eventually(is_measured)
    measured = relay.read()
    assert measured.power_w == -1900
    assert measured.taken_at_s <= time.monotonic()
    relay.write(-2000)
    assert eventually(lambda: plug.newest("cmnd/plug/POWER"))
    assert plug.newest("cmnd/plug/POWER").payload == b"ON"
    plug.publish("tele/plug/LWT", "Offline", retain=True)
    assert eventually(lambda: link.newest("tele/plug/LWT"))
    for call in (relay.read, lambda: relay.write(None)):
        with pytest.raises(DeviceAbsent, match="offline"):
            call()
    plug.close()
