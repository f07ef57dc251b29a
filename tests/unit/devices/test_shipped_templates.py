"""Every shipped Modbus template drives a device that the same file simulates: read, told, rewritten, released."""

import pytest

from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import read_template, shipped_templates
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.domain.site import Ratings
from tests.support.loopback import link_to

PARAMETERS = {
    "battery_modes": {"topic": "home/battery"},
    "tasmota": {"topic": "plug"},
    "sg_ready_relay": {"more_w": 1500, "force_w": 3000},
}
RATINGS = Ratings(rated_w=11040, max_charge_w=5000, max_discharge_w=5000, capacity_wh=10000)
TEMPLATES = {name: read_template(name, parameters=PARAMETERS.get(name, {})) for name in shipped_templates()}
MODBUS = [
    (name, usage) for name, template in TEMPLATES.items() if template.template.driver == "modbus"
    for usage in template.usages
]  # fmt: skip
CONTROLLED = [(name, usage) for name, usage in MODBUS if TEMPLATES[name].usages[usage].target]
TOLD_W = {
    "setpoint": (1000.0, -1000.0, 0.0),
    "limit": (1000.0, 0.0, 2500.0),
    "steps": (-1500.0, -3000.0, 0.0),
    "current": (-11040.0, -6900.0, 0.0),
}


class Bench:
    """A simulated device, the driver on it, and a clock that both live by."""

    def __init__(self, name, usage_name, *, ratings=RATINGS, has_gaps=False, **options):
        self.clock = FakeClock(1000.0)
        self.template = TEMPLATES[name]
        self.usage_name = usage_name
        self.usage = self.template.usages[usage_name]
        self.unit = SimulatedUnit(
            self.template, clock=self.clock, usages=[usage_name], ratings=ratings, has_gaps=has_gaps
        )
        self.simulated = self.unit.usages[usage_name]
        link, self.loopback = link_to(self.clock, {1: self.unit})
        self.device = TemplatedDevice(
            name, self.usage, ModbusChannel(link, 1),
            kind=KIND_OF_USAGE[usage_name], clock=self.clock, ratings=ratings, **options,
        )  # fmt: skip

    def told_w(self):
        return self.unit.setpoint_w(self.usage_name)

    def tick(self, setpoint_w, *, times=1):
        for _ in range(times):
            self.device.write(setpoint_w)
            self.clock.sleep_until(self.clock.now_s() + 2)


@pytest.mark.no_cover
@pytest.mark.parametrize("has_gaps", [False, True])
@pytest.mark.parametrize(("name", "usage_name"), MODBUS)
def test_what_the_device_delivers_is_read_with_its_sign(name, usage_name, has_gaps):
    bench = Bench(name, usage_name, has_gaps=has_gaps)
    kind = KIND_OF_USAGE[usage_name]
    measures = any(point.endswith("_w") and point not in {"rated_w"} for point in bench.usage.read)
    for power_w in {"producer": (1200, 0), "load": (-1200, 0)}.get(kind, (1200, -900, 0)):
        bench.simulated.own_w = power_w
        measured = bench.device.read()
        assert measured.power_w == (pytest.approx(power_w, abs=1) if measures else None)
        assert measured.taken_at_s == bench.clock.now_s()
    if "soc_percent" in bench.usage.read:
        assert measured.stored_wh == pytest.approx(5000)


@pytest.mark.parametrize(("name", "usage_name"), CONTROLLED)
def test_a_target_arrives_and_a_release_leaves_the_device_to_itself(name, usage_name):
    bench = Bench(name, usage_name)
    for told_w in TOLD_W[bench.usage.control]:
        is_load = KIND_OF_USAGE[usage_name] == "load"
        if is_load and told_w > 0:
            continue
        bench.simulated.own_w = -4000.0 if is_load else 4000.0
        bench.tick(told_w)
        assert bench.told_w() == pytest.approx(told_w, abs=10)
        bench.clock.sleep_until(bench.clock.now_s() + 700)
    bench.tick(None)
    bench.clock.sleep_until(bench.clock.now_s() + (bench.usage.expires_s or 0))
    released_w = {"idm_heat_pump": 0, "sg_ready_relay": 0, "solaredge_inverter": RATINGS.rated_w}
    assert bench.told_w() == released_w.get(name)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "usage_name"), [(name, usage) for name, usage in CONTROLLED if TEMPLATES[name].usages[usage].expires_s]
)
def test_a_ticking_loop_never_lets_a_target_expire_and_a_dead_one_does(name, usage_name):
    bench = Bench(name, usage_name)
    told_w = TOLD_W[bench.usage.control][0]
    bench.tick(told_w)
    ticks = int(3 * bench.usage.expires_s / 2)
    begun = len(bench.unit.writes)
    for _ in range(min(ticks, 3000)):
        bench.tick(told_w)
        assert bench.told_w() == pytest.approx(told_w, abs=10)
    steps = len(bench.usage.target)
    assert len(bench.unit.writes) - begun <= steps * 10, "rewritten when it is due, not at every tick"
    bench.clock.sleep_until(bench.clock.now_s() + bench.usage.expires_s)
    assert bench.told_w() is None


@pytest.mark.parametrize(("name", "usage_name"), [(n, u) for n, u in MODBUS if TEMPLATES[n].usages[u].identity.serial])
def test_a_pinned_device_is_told_and_another_one_at_its_address_is_not(name, usage_name):
    bench = Bench(name, usage_name, serial="1234567")
    bench.device.read()
    if bench.usage.target:
        told_w = TOLD_W[bench.usage.control][0]
        bench.tick(told_w)
        assert bench.unit.writes
        bench.unit.writes.clear()
        bench.simulated.serial = "7654321"
        bench.loopback.close()
        with pytest.raises(Exception, match="is 7654321, not 1234567"):
            bench.tick(told_w * 0.5)
        assert bench.unit.writes == []
        with pytest.raises(Exception, match="is 7654321, not 1234567"):
            bench.device.read()


def test_templates_say_how_far_they_are_verified_and_name_their_device():
    for name, template in TEMPLATES.items():
        assert template.template.title, name
        assert template.template.verified == "simulated", name
