"""A device is told what its template says, in order, never before it is known; what it says is not believed blindly."""

from collections import Counter

import pytest

from energy_manager.adapters.devices.links.errors import ModbusException, NoAnswer
from energy_manager.adapters.devices.links.modbus import Table
from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel
from energy_manager.adapters.devices.templated.control.values import NotControllable
from energy_manager.adapters.devices.templated.control.writing import WriteBudget, WritesUsedUp
from energy_manager.adapters.devices.templated.device import NoPower, TemplatedDevice
from energy_manager.adapters.devices.templated.identity import WrongDevice
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import parse_template
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.domain.site import Ratings
from tests.support.loopback import link_to

BATTERY = """
[template]
title = "A battery"
driver = "modbus"
[battery]
control = "setpoint"
read.discharge_w = { input = 10, type = "int32", within = [-20000, 20000] }
read.soc_percent = { input = 12, within = [0, 100], every_s = 60 }
read.max_discharge_w = { input = 13 }
needs = ["soc_percent"]
begin = [{ holding = 1, value = 4, read_back = true }, { holding = 2, value = 1 }]
target = [{ holding = 3, type = "int16", value = "discharge_w" }, { holding = 4, value = 7 }]
release = [{ holding = 1, value = 0 }]
volatile = true
obeys = { within_s = 20, tolerance_w = 100, reads = 3 }
"""
RATINGS = Ratings(capacity_wh=10000, min_wh=1000, max_charge_w=4000, max_discharge_w=4000)


class Bench:
    def __init__(self, text=BATTERY, *, ratings=RATINGS, **options):
        self.clock = FakeClock(100.0)
        template = parse_template(text, label="t.toml")
        self.unit = SimulatedUnit(template, clock=self.clock, ratings=ratings)
        ((name, self.simulated),) = self.unit.usages.items()
        self.link, self.loopback = link_to(self.clock, {1: self.unit})
        kind = KIND_OF_USAGE[name]
        usage = template.usages[name]
        channel = ModbusChannel(self.link, 1)
        self.device = TemplatedDevice("it", usage, channel, kind=kind, clock=self.clock, ratings=ratings, **options)
        self.simulated.points["max_discharge_w"] = 3000.0

    def written(self):
        writes, self.unit.writes = self.unit.writes, []
        return [(address, values[0]) for _, address, values in writes]

    def tick(self, setpoint_w, *, times=1):
        for _ in range(times):
            self.device.write(setpoint_w)
            self.clock.sleep_until(self.clock.now_s() + 2)


@pytest.fixture
def bench():
    return Bench()


BEGIN = [(1, 4), (2, 1)]


def test_begin_target_and_release_are_written_in_their_order_and_once(bench):
    bench.tick(1000, times=5)
    assert bench.written() == [*BEGIN, (3, 1000), (4, 7)]
    bench.tick(1500, times=5)
    assert bench.written() == [(3, 1500), (4, 7)]
    bench.tick(None, times=5)
    assert bench.written() == [(1, 0)]


def test_points_are_told_in_the_order_of_the_template_whichever_were_read_last(bench):
    for _ in range(2):
        bench.device.read()
        assert [point.name for point in bench.device.readings()] == ["discharge_w", "soc_percent", "max_discharge_w"]
        bench.clock.sleep_until(bench.clock.now_s() + 2)


def test_nothing_is_written_before_one_good_read(bench):
    bench.loopback.units.clear()
    with pytest.raises(NoAnswer):
        bench.device.write(1000)
    assert bench.loopback.requests == 1
    bench.loopback.units[1] = bench.unit
    bench.clock.sleep_until(200)
    bench.device.write(1000)
    assert bench.written() == [*BEGIN, (3, 1000), (4, 7)]


def test_a_sequence_ends_at_its_first_failing_step_and_begins_anew_at_the_next_tick(bench):
    bench.tick(1000)
    bench.written()
    bench.loopback.refusing = {3}
    with pytest.raises(NoAnswer):
        bench.device.write(1500)
    assert bench.written() == []
    bench.loopback.refusing = set()
    bench.tick(1500)
    assert bench.written() == [*BEGIN, (3, 1500), (4, 7)]


def test_a_step_that_the_device_refuses_ends_the_sequence(bench):
    bench.unit._cells.pop((Table.HOLDING, 3))
    with pytest.raises(ModbusException):
        bench.device.write(1000)
    assert bench.written() == BEGIN


def test_after_a_reconnect_the_device_is_begun_again_even_if_its_target_is_the_same(bench):
    bench.tick(1000)
    bench.written()
    bench.loopback.close()
    bench.tick(1000)
    assert bench.written() == []
    bench.device.read()
    bench.tick(1000)
    assert bench.written() == [*BEGIN, (3, 1000), (4, 7)]


def test_a_mode_that_reads_back_differently_is_begun_again_and_a_released_device_is_not(bench):
    bench.tick(1000)
    bench.written()
    bench.unit._cells[Table.HOLDING, 1] = 0
    bench.device.read()
    bench.tick(1000)
    assert bench.written() == [*BEGIN, (3, 1000), (4, 7)]
    bench.tick(None)
    bench.device.read()
    bench.tick(None)
    assert bench.written() == [(1, 0)]


PINNED = BATTERY.replace("needs =", 'identity.serial = { input = 20, type = "uint32" }\nneeds =')


def test_what_another_than_the_pinned_device_measures_is_not_the_assets():
    bench = Bench(PINNED, serial="1234567")
    bench.simulated.points["soc_percent"] = 50.0
    assert bench.device.read().stored_wh == 5000
    bench.simulated.serial = "7654321"
    bench.simulated.points["soc_percent"] = 90.0
    bench.clock.sleep_until(bench.clock.now_s() + 60)
    for _ in range(2):
        with pytest.raises(WrongDevice, match="is 7654321, not 1234567"):
            bench.device.read()
    with pytest.raises(WrongDevice):
        bench.device.write(1000)
    assert bench.written() == []
    bench.simulated.serial = "1234567"
    bench.simulated.points["soc_percent"] = 40.0
    assert bench.device.read().stored_wh == 4000, "slow points are read anew, for the last ones were another device's"
    bench.tick(1000)
    assert bench.written() == [*BEGIN, (3, 1000), (4, 7)]


def test_who_is_pinned_and_says_no_serial_number_is_not_believed():
    bench = Bench()
    (usage,) = parse_template(PINNED.replace("= 20", "= 300"), label="t.toml").usages.values()
    channel = ModbusChannel(bench.link, 1)
    device = TemplatedDevice("it", usage, channel, kind=None, clock=bench.clock, serial="1234567")
    with pytest.raises(WrongDevice, match="of no known serial number"):
        device.read()


def test_a_device_that_lacks_what_control_needs_is_only_read(bench):
    bench.simulated.points["soc_percent"] = 2500.0
    with pytest.raises(NotControllable, match="does not say soc_percent"):
        bench.device.write(1000)
    assert bench.written() == []
    assert bench.device.read().power_w == 0


@pytest.mark.parametrize(
    ("timer", "released"), [("", [(1, 0)]), ("expires_s = 60", [])], ids=["without a timer", "with a timer"]
)
def test_a_led_device_that_no_longer_says_what_is_needed_is_released_unless_it_falls_back_itself(timer, released):
    bench = Bench(BATTERY.replace("volatile = true", f"volatile = true\n{timer}"))
    bench.simulated.points["soc_percent"] = 50.0
    bench.tick(1000)
    bench.written()
    bench.simulated.points["soc_percent"] = 2500.0
    bench.clock.sleep_until(bench.clock.now_s() + 60)
    bench.device.read()
    bench.loopback.refusing = {1}
    for _ in range(2):
        with pytest.raises((NotControllable, NoAnswer)):
            bench.device.write(1000)
    bench.loopback.refusing = set()
    bench.clock.sleep_until(bench.clock.now_s() + 60)
    for _ in range(3):
        with pytest.raises(NotControllable):
            bench.device.write(1000)
    assert bench.written() == released
    bench.simulated.points["soc_percent"] = 50.0
    bench.device.read()
    bench.tick(1000)
    assert (3, 1000) in bench.written()


def test_a_value_that_cannot_be_is_missing_and_counted_and_power_that_is_missing_is_an_error(bench):
    bench.simulated.points["soc_percent"] = 2500.0
    measured = bench.device.read()
    assert measured.stored_wh is None
    assert bench.device.health().missing == 1
    bench.simulated.own_w = 8_500_000
    with pytest.raises(NoPower, match="no value for discharge_w"):
        bench.device.read()


def test_slow_points_are_read_only_when_they_are_due(bench):
    bench.device.read()
    bench.simulated.points["soc_percent"] = 80.0
    bench.clock.sleep_until(159)
    assert bench.device.read().stored_wh == 5000
    bench.clock.sleep_until(160)
    assert bench.device.read().stored_wh == 8000


def test_the_range_is_what_it_can_do_now(bench):
    measured = bench.device.read()
    assert (measured.lowest_w, measured.highest_w) == (-4000, 3000)
    for soc, lowest_w, highest_w in ((10, -4000, 0), (11, -4000, 3000), (100, 0, 3000)):
        bench.simulated.points["soc_percent"] = float(soc)
        bench.clock.sleep_until(bench.clock.now_s() + 60)
        measured = bench.device.read()
        assert (measured.lowest_w, measured.highest_w) == (lowest_w, highest_w)


def test_a_set_point_beyond_what_it_can_is_written_as_the_most_it_can(bench):
    bench.tick(9000)
    bench.tick(-9000)
    assert bench.written() == [*BEGIN, (3, 3000), (4, 7), (3, 65536 - 4000), (4, 7)]


def test_a_device_that_acknowledges_and_does_nothing_is_found_out_and_told_three_times_more(bench):
    bench.simulated.obeys = False
    bench.device.write(1000)
    bench.written()
    verdicts = []
    for _ in range(30):
        bench.clock.sleep_until(bench.clock.now_s() + 10)
        bench.device.read()
        verdicts.append(bench.device.disobeys)
        bench.device.write(1000)
    assert verdicts[:3] == [None, None, None]
    assert verdicts[4] == "was told to deliver 1000 W and measures 0 W"
    assert len(bench.written()) == 3 * 2
    assert bench.device.read().follows is False
    bench.simulated.obeys = True
    assert bench.device.read().follows is True
    assert bench.device.disobeys is None


def test_the_newest_target_is_sent_when_the_link_is_free_at_last(bench):
    bench.device.read()
    channel = bench.device._channel
    waits = channel.writing

    def overtaken():
        bench.device._newest_w = 2000.0
        return waits()

    channel.writing = overtaken
    bench.device.write(1000)
    assert (3, 2000) in bench.written()


def test_stored_registers_are_written_as_often_as_they_bear_and_the_release_still_goes():
    bench = Bench(BATTERY.replace("volatile = true", "volatile = false"), budget=WriteBudget(100))
    refused = 0
    for number in range(2000):
        try:
            bench.tick(1000 + number)
        except WritesUsedUp:
            refused += 1
            bench.clock.sleep_until(bench.clock.now_s() + 2)
    sent = [value for address, value in bench.written() if address == 3]
    assert 19 <= len(sent) <= 25
    assert refused == 2000 - len(sent)
    bench.tick(None)
    assert bench.written() == [(1, 0)]


@pytest.mark.no_cover
def test_in_a_day_of_ever_changing_targets_and_lost_connections_no_stored_register_is_written_more_than_its_share():
    bench = Bench(BATTERY.replace("volatile = true", "volatile = false"), budget=WriteBudget(100))
    begun_s, day_s, number = bench.clock.now_s(), 24 * 3600, 0
    while bench.clock.now_s() - begun_s < day_s:
        number += 1
        try:
            bench.tick(number % 3000)
        except WritesUsedUp:
            bench.clock.sleep_until(bench.clock.now_s() + 5)
        if number % 200 == 0:
            bench.loopback.close()
        if number % 360 == 0:
            bench.device.read()
    counted = Counter(address for address, _ in bench.written())
    assert 80 <= counted[3] <= 100
    assert max(counted.values()) <= 100


SUN = """
[template]
title = "Sun"
driver = "modbus"
[pv]
control = "limit"
read.output_w = { input = 10 }
target = [{ holding = 3, value = "output_w" }]
release = [{ holding = 3, value = 10000 }]
volatile = true
obeys = { within_s = 0, tolerance_w = 100, reads = 1 }
"""


def test_a_limited_sun_could_give_what_it_gave_unlimited_and_less_sun_is_no_disobedience():
    bench = Bench(SUN, ratings=Ratings(rated_w=8000))
    bench.simulated.own_w = 6000.0
    assert bench.device.read().highest_w == 6000
    bench.tick(2000)
    measured = bench.device.read()
    assert (measured.power_w, measured.lowest_w, measured.highest_w) == (2000, 0, 6000)
    bench.simulated.own_w = 500.0
    measured = bench.device.read()
    assert (measured.power_w, measured.highest_w) == (500, 500)
    assert bench.device.disobeys is None
    assert measured.follows is True
    bench.simulated.own_w, bench.simulated.obeys = 3000.0, False
    assert bench.device.read().follows is False
    assert bench.device.disobeys == "was told to deliver 2000 W and delivers 3000 W"


LOAD = """
[template]
title = "A rod"
driver = "modbus"
[load]
control = "switch"
read.load_w = { input = 10 }
read.on = { coil = 0 }
target = [{ coil = 0, value = "on" }]
release = [{ coil = 0, value = 0 }]
volatile = true
min_on_s = 60
obeys = { within_s = 0, tolerance_w = 100, reads = 1 }
"""


def test_a_switch_is_on_from_half_of_its_power_for_its_least_time():
    bench = Bench(LOAD, ratings=Ratings(rated_w=2000))
    for told_w in (-999, -1000, 0, 0):
        bench.tick(told_w)
    assert bench.written() == [(0, 0), (0, 1)]
    measured = bench.device.read()
    assert (measured.power_w, measured.lowest_w, measured.highest_w) == (-2000, -2000, 0)
    bench.clock.sleep_until(bench.clock.now_s() + 60)
    bench.tick(0)
    assert bench.written() == [(0, 0)]


STEPS = """
[template]
title = "A rod of three steps"
driver = "modbus"
[load]
control = "steps"
steps_w = [0, 1000, 2000, 3000]
read.load_w = { input = 10 }
target = [{ holding = 3, value = "step" }]
release = [{ holding = 3, value = 0 }]
volatile = true
obeys = { within_s = 0, tolerance_w = 100, reads = 1 }
"""


def test_a_device_of_steps_owes_the_power_of_its_step_and_no_other():
    bench = Bench(STEPS, ratings=Ratings(rated_w=3000))
    bench.tick(-2400)
    assert bench.written() == [(3, 2)]
    bench.simulated.own_w, bench.simulated.obeys = -2000.0, False
    assert bench.device.read().follows is True
    bench.simulated.own_w = -2400.0
    assert bench.device.read().follows is False
    assert bench.device.disobeys == "was told to take 2000 W and takes 2400 W"


def test_a_meter_is_never_told_anything():
    text = '[template]\ntitle = "m"\ndriver = "modbus"\n[load]\nread.load_w = { input = 1 }\n'
    bench = Bench(text)
    bench.tick(-5)
    bench.tick(None)
    assert bench.loopback.requests == 0
