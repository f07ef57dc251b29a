"""When the product stands still or is gone, real devices run by themselves; when it may, it releases them before."""

import signal
import threading

import pytest

from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import parse_template
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.site import Ratings
from tests.support.waiting import eventually

pytestmark = pytest.mark.no_cover  # others take its branches

BATTERY = """
[template]
title = "A battery with a timer"
driver = "modbus"
[battery]
control = "setpoint"
read.discharge_w = { input = 10, type = "int16" }
begin = [{ holding = 1, value = 1 }]
target = [{ holding = 3, type = "int16", value = "discharge_w" }]
release = [{ holding = 1, value = 0 }]
expires_s = 8
volatile = true
"""
NAMES = ("one", "two", "three", "four")


class Unit(SimulatedUnit):
    """A battery that can hang: it takes requests and answers none."""

    def __init__(self, *ratings):
        template = parse_template(BATTERY, label="battery.toml")
        super().__init__(template, clock=MonotonicClock(), ratings=Ratings(max_charge_w=3000, max_discharge_w=3000))
        self.answers = threading.Event()
        self.answers.set()

    def read(self, *request):
        self.answers.wait(60)
        return super().read(*request)

    def write(self, *request):
        self.answers.wait(60)
        return super().write(*request)

    @property
    def follows(self):
        self.live()
        return self.setpoint_w("battery")


@pytest.fixture
def units():
    units = {name: Unit() for name in NAMES}
    servers = {name: ModbusServer(unit) for name, unit in units.items()}
    for name, server in servers.items():
        server.start()
        units[name].port = server.port
    yield units
    for unit in units.values():
        unit.answers.set()
    for server in servers.values():
        server.stop()


def start(product, units):
    (product.folder / "battery.toml").write_text(BATTERY)
    tables = "".join(
        f'[[assets]]\nid = "{name}"\nkind = "storage"\ndriver = "device"\ntemplate = "./battery.toml"\n'
        f'host = "127.0.0.1"\nport = {unit.port}\nmax_charge_w = 3000\nmax_discharge_w = 3000\n'
        for name, unit in units.items()
    )
    block = "{ " + ", ".join(f"{name} = 1500" for name in NAMES) + " }"
    schedule = f'[schedule]\ndriver = "shared"\nblocks = [{", ".join([block] * 5)}]\n'
    site = f'[site]\nname = "batteries"\npower_unit = "W"\n{tables}{schedule}'
    return product.start("run", "--no-api", site=site)


def all_follow(units, told_w):
    return eventually(lambda: all(unit.follows == told_w for unit in units.values()))


def test_a_loop_that_stands_still_or_dies_lets_every_device_fall_back_and_a_signal_releases_those_that_answer(
    product, units
):
    process = start(product, units)
    assert all_follow(units, 1500)
    process.send_signal(signal.SIGSTOP)
    assert all_follow(units, None), "their timers ran out, for nothing but the tick feeds them"
    process.send_signal(signal.SIGCONT)
    assert all_follow(units, 1500)
    process.send_signal(signal.SIGKILL)
    product.end(process)
    assert all_follow(units, None)

    process = start(product, units)
    assert all_follow(units, 1500)
    for name in ("one", "three"):
        units[name].answers.clear()
    for unit in units.values():
        unit.writes.clear()
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=20)
    assert ended.code == 143
    released = [name for name, unit in units.items() if unit.writes[-1:] and unit.writes[-1][1:] == (1, (0,))]
    assert released == ["two", "four"]
    assert "not released within 2 s: one, three" in ended.err
