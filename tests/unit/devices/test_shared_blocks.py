"""Assets of one unit that are read in the same moment share block reads, and nobody takes an old value for new."""

import pytest

from energy_manager.adapters.devices.links.modbus import Span, Table
from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import parse_template
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.adapters.lanes.steps import complete
from energy_manager.adapters.runtime.clocks import FakeClock
from tests.support.loopback import link_to

HYBRID = """
[template]
title = "Three in one"
driver = "modbus"
[grid]
read.import_w = { holding = 10, type = "int16" }
[pv]
read.output_w = { holding = 14, type = "int16" }
[battery]
control = "setpoint"
read.discharge_w = { holding = 20, type = "int16" }
target = [{ holding = 30, type = "int16", value = "discharge_w" }]
release = [{ holding = 30, type = "int16", value = 0 }]
volatile = true
"""


class Bench:
    def __init__(self, *, has_gaps=False):
        self.clock = FakeClock(100.0)
        template = parse_template(HYBRID, label="it")
        self.unit = SimulatedUnit(template, clock=self.clock, has_gaps=has_gaps)
        self.link, self.loopback = link_to(self.clock, {1: self.unit, 2: self.unit})
        self.devices = {
            name: TemplatedDevice(name, usage, ModbusChannel(self.link, 1), kind=KIND_OF_USAGE[name], clock=self.clock)
            for name, usage in template.usages.items()
        }
        for number, simulated in enumerate(self.unit.usages.values(), start=1):
            simulated.own_w = 100.0 * number

    def read(self, *names):
        """What each measures, and how many requests that took."""
        before = self.loopback.requests
        powers_w = [self.devices[name].read().power_w for name in names or self.devices]
        return powers_w, self.loopback.requests - before


def test_three_assets_of_one_unit_are_read_with_one_request():
    bench = Bench()
    assert bench.read() == ([100, 200, 300], 3)
    bench.clock.sleep_until(110)
    assert bench.read() == ([100, 200, 300], 1)
    bench.clock.sleep_until(120)
    assert bench.read("battery", "grid", "pv") == ([300, 100, 200], 1)


def test_who_looks_again_gets_a_new_value():
    bench = Bench()
    bench.read()
    bench.clock.sleep_until(110)
    bench.unit.usages["grid"].own_w = -700.0
    assert bench.read("grid") == ([-700], 1)
    bench.unit.usages["grid"].own_w = -800.0
    assert bench.read("grid") == ([-800], 1)


def test_what_was_read_along_is_as_old_as_its_request_and_soon_too_old():
    bench = Bench()
    bench.read()
    bench.clock.sleep_until(110)
    bench.read("grid")
    bench.clock.sleep_until(110.4)
    assert bench.devices["pv"].read().taken_at_s == 110
    bench.clock.sleep_until(110.6)
    assert bench.devices["battery"].read().taken_at_s == 110.6


def test_after_a_write_nothing_older_counts():
    bench = Bench()
    bench.read()
    bench.devices["battery"].write(-400)
    bench.clock.sleep_until(110)
    bench.read("grid")
    bench.devices["battery"].write(900)
    assert bench.devices["battery"].read().power_w == 900


def test_registers_that_only_others_want_never_cost_an_asset_its_own_block():
    bench = Bench(has_gaps=True)
    assert bench.read()[0] == [100, 200, 300]
    bench.clock.sleep_until(110)
    bench.read()
    bench.clock.sleep_until(120)
    # The device refuses to read across gaps: everybody asks for their own, and that is remembered.
    assert bench.read() == ([100, 200, 300], 3)


@pytest.mark.parametrize("others_first", [True, False])
def test_units_share_nothing(others_first):
    bench = Bench()
    spans = [Span(Table.HOLDING, 10, 1), Span(Table.HOLDING, 14, 1)]
    complete(bench.link.reading(2, spans[others_first:][:1]))
    before = bench.loopback.requests
    complete(bench.link.reading(1, spans[:1]))
    complete(bench.link.reading(1, spans[:1]))
    assert bench.loopback.requests == before + 2
