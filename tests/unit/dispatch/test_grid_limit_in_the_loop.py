"""The tick with a grid limit to hold: the storage first, the policy shares out the rest."""

from dataclasses import replace

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import (
    DispatchLoop,
    DispatchTiming,
    HoldGridLimit,
    SendTargets,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.domain.dispatch import AssetStatus, ProportionalRedistribution
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD
from tests.support.simulated_plant import PlantSettings, SimulatedPlant

LIMITS = GridLimitSettings(
    import_limit_kw=50, export_limit_kw=20, max_charge_kw=60, max_discharge_kw=60, min_kwh=0, capacity_kwh=60, tick_s=1
)


class PlantDevices(InMemoryDevices):
    """Devices in memory whose storage and meter are a simulated plant."""

    def __init__(self, plant, potentials, *, clock):
        super().__init__(potentials, clock=clock, period_s=1.0)
        self.plant = plant
        self.measurements = {"battery": self._storage, "meter": lambda: Measurement(power_w=-1000 * plant.read_meter())}

    def _storage(self):
        charge_kw, stored_kwh = self.plant.read_storage()
        return Measurement(power_w=-1000 * charge_kw, highest_w=60_000, stored_wh=1000 * stored_kwh)

    def command(self, targets, *, due_s):
        super().command(targets, due_s=due_s)
        self.plant.set_charge(-float(targets["battery"]))


class Site:
    def __init__(self, *, base_kw, scheduled, potentials=None, stored_kwh=30.0, lag_s=1.0, dead_time_s=0.3, beside=()):
        self.clock = FakeClock()
        plant_settings = PlantSettings(
            max_charge_kw=60, max_discharge_kw=60, capacity_kwh=60, lag_s=lag_s, dead_time_s=dead_time_s
        )
        self.plant = SimulatedPlant(plant_settings, base_kw=base_kw, now_s=self.clock.now_s, stored_kwh=stored_kwh)
        self.devices = PlantDevices(self.plant, {"battery": 60, "meter": 0, **(potentials or {})}, clock=self.clock)
        self.journal = InMemoryJournal()
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled))
        common = {"clock": self.clock, "devices": self.devices, "journal": self.journal}
        looking = {**common, "statuses": self.devices.statuses}
        self.imports = []
        self.loop = DispatchLoop(
            **common,
            schedule=self.schedule,
            send_targets=SendTargets(
                **looking,
                schedule=self.schedule,
                policy=ProportionalRedistribution(),
                schedule_wait_s=0.1,
                **IN_THE_RECORD,
                status_max_age_s=25.0,
                told=tuple(asset_id for asset_id in self.devices.asset_ids if asset_id != "meter"),
                hold_grid_limit=HoldGridLimit(
                    settings=LIMITS, meter="meter", storage="battery", beside=beside, kw_per_step=1.0
                ),
            ),
            watch_devices=WatchDevices(**looking, status_max_age_s=25.0),
            statistics=TickStatistics(),
            timing=DispatchTiming(period_s=1.0, status_period_s=10.0, phase_s=0.9),
        )

    def run(self, for_s):
        for step in range(int(for_s * 10)):
            self.clock.call_at(step / 10, self.look)
        self.loop(for_s=for_s)
        return [event for event in self.journal.events if isinstance(event, Tick)]

    def look(self):
        self.plant.read_storage()
        self.imports.append((self.clock.now_s(), self.plant.import_kw))


def step(before_kw, after_kw, at_s=10.0):
    return lambda at: after_kw if at >= at_s else before_kw


def test_inside_the_limits_the_storage_follows_its_schedule():
    sent = Site(base_kw=lambda at: 20.0, scheduled={"battery": -8}).run(20)
    assert {event.targets["battery"] for event in sent} == {-8}
    assert all(event.hold.reason == "schedule" for event in sent[1:])


def test_a_load_peak_is_shaved_within_dead_time_and_lag():
    site = Site(base_kw=step(20.0, 80.0), scheduled={"battery": -8})
    site.run(40)
    violated_s = sum(0.1 for at_s, import_kw in site.imports if import_kw > 50.0 and at_s < 40)
    assert violated_s <= 1.0 + 0.3 + 5.0, "a tick, the dead time, five lags"
    assert 45 <= site.imports[-1][1] <= 50


def test_a_surplus_is_taken_in_on_the_export_side():
    site = Site(base_kw=step(0.0, -45.0), scheduled={"battery": 0})
    sent = site.run(40)
    assert site.imports[-1][1] >= -20.0
    assert -29 <= sent[-1].targets["battery"] <= -26, "25 kW too much, half a kilowatt of margin, and the trim"


def test_an_empty_storage_says_what_it_cannot_do():
    sent = Site(base_kw=lambda at: 80.0, scheduled={"battery": 0}, stored_kwh=0.0).run(10)
    assert sent[-1].targets["battery"] == 0
    assert sent[-1].hold.shortfall_kw >= 30.5, "30 kW too much and the margin; the trim asks for more"


def test_the_policy_shares_out_the_rest_and_leaves_the_storage_alone():
    scheduled = {"battery": 0, "a": 100, "b": 100}
    sent = Site(base_kw=lambda at: 70.0, scheduled=scheduled, potentials={"a": 40, "b": 200}).run(10)
    assert {asset_id: sent[-1].targets[asset_id] for asset_id in "ab"} == {"a": 40, "b": 160}
    assert 21 <= sent[-1].targets["battery"] <= 24
    assert sent[-1].scheduled == scheduled, "the record keeps what was scheduled"


def test_without_a_schedule_the_limit_is_held_all_the_same():
    site = Site(base_kw=lambda at: 70.0, scheduled=None)
    sent = site.run(10)
    assert 21 <= sent[-1].targets["battery"] <= 24


def test_a_meter_that_falls_silent_is_held_against_and_then_made_safe():
    site = Site(base_kw=lambda at: 70.0, scheduled={"battery": -8})
    site.clock.call_at(10, lambda: site.devices.hang("meter"))
    reasons = [event.hold.reason for event in site.run(40)]
    assert "import limit" in reasons[:8]
    assert "held" in reasons
    assert reasons[-1] == "safe"


def sunny_site(sun_kw, *, beside):
    site = Site(
        base_kw=lambda at: 5.0 - sun_kw(at), scheduled={"battery": 0}, potentials={"sun": 60}, lag_s=0.2, beside=beside
    )
    site.devices.measurements["sun"] = lambda: Measurement(power_w=1000 * sun_kw(site.clock.now_s()))
    return site


@pytest.mark.parametrize("beside", [("sun",), ()])
def test_while_the_meter_is_missing_in_a_sun_ramp_the_sun_itself_is_followed(beside):
    # It wavers a little, as the sun does; from 12 s on it rises.
    site = sunny_site(lambda at: min(max(24.0, 24.0 + 3.0 * (at - 12.0)), 39.0) + 0.001 * int(at), beside=beside)
    site.clock.call_at(11, lambda: site.devices.hang("meter"))
    site.run(18)
    feeds_in = max(-import_kw for at_s, import_kw in site.imports if at_s < 17.0)
    # A tick and the dead time cost 4 kW in the first ramping second; 15 kW come in all.
    assert feeds_in < 24.0 if beside else feeds_in > 30.0


def test_a_sun_that_was_not_heard_for_a_while_foretells_nothing_when_it_speaks_again():
    hold = HoldGridLimit(settings=LIMITS, meter="meter", storage="battery", beside=("sun", "wind"), kw_per_step=1.0)

    def told(now_s, *, import_w=None, **beside_w):
        statuses = {"battery": AssetStatus(taken_at_s=now_s, output_w=0.0, stored_wh=30_000)}
        statuses |= {name: AssetStatus(taken_at_s=now_s, output_w=output_w) for name, output_w in beside_w.items()}
        if import_w is not None:
            statuses["meter"] = AssetStatus(taken_at_s=now_s, output_w=-import_w)
        return hold({"battery": 0}, statuses, now_s=now_s).target

    for second in range(4):
        assert told(-5.0 + second, import_w=-19_000, sun=24_000 + second, wind=9_000 + second) == 0
    assert told(0.0, import_w=-19_000, sun=24_000) == 0
    assert told(10.0, import_w=-19_000, sun=30_000, wind=9_000) == 0
    assert told(11.0, sun=40_000, wind=9_000) == -10, "19 kW and 10 kW more, of which 19.6 kW may be fed in: 9.4 kW"
    assert told(12.0, sun=40_000, wind=None) == -10
    assert told(13.0, sun=40_000, wind=12_000) == -13


def test_a_sun_whose_value_is_made_anew_now_and_then_says_nothing_that_the_meter_did_not_know():
    hold = HoldGridLimit(settings=LIMITS, meter="meter", storage="battery", beside=("sun",), kw_per_step=1.0)
    told = []
    for second in range(30):
        statuses = {
            "battery": AssetStatus(taken_at_s=second, output_w=0.0, stored_wh=30_000),
            "sun": AssetStatus(taken_at_s=second, output_w=1000.0 * 5 * (second // 5)),
        }
        if second < 24:
            statuses["meter"] = AssetStatus(taken_at_s=second, output_w=15_000)
        told.append(hold({"battery": 0}, statuses, now_s=second).target)
    assert set(told) == {0}


def test_what_is_left_of_a_target_is_not_taken_for_what_a_released_storage_does_by_itself():
    hold = HoldGridLimit(
        settings=replace(LIMITS, margin_kw=0.5),
        meter="meter",
        storage="battery",
        beside=("sun",),
        kw_per_step=0.001,
        runs_by_itself=True,
    )
    told = []

    def tick(*, base_kw, charge_kw, sun_kw):
        second = float(len(told))
        powers_w = {"meter": -1000 * (base_kw + charge_kw), "battery": -1000 * charge_kw, "sun": 1000 * sun_kw}
        statuses = {
            name: AssetStatus(taken_at_s=second, output_w=power_w, stored_wh=30_000)
            for name, power_w in powers_w.items()
        }
        told.append(hold({}, statuses, now_s=second).target)
        return told[-1]

    for _ in range(5):
        assert tick(base_kw=45.0, charge_kw=0.0, sun_kw=30 + 0.001 * len(told)) is None
    assert tick(base_kw=47.0, charge_kw=0.0, sun_kw=28) is None
    assert tick(base_kw=49.0, charge_kw=0.0, sun_kw=26) > 2000, "the sun goes on falling, as it seems"
    assert tick(base_kw=49.0, charge_kw=-2.5, sun_kw=26) is None
    assert tick(base_kw=51.0, charge_kw=-2.0, sun_kw=26) == 1500, "by itself it would rest, and 51 kW be imported"
    assert tick(base_kw=45.0, charge_kw=-1.5, sun_kw=26) == 1500, "held for ten seconds"
    for _ in range(12):
        tick(base_kw=45.0, charge_kw=told[-1] / -1000 if told[-1] else 0.0, sun_kw=26)
    assert told[-1] is None
    for _ in range(12):
        assert tick(base_kw=45.0, charge_kw=4.0, sun_kw=26) is None
    assert tick(base_kw=48.0, charge_kw=4.0, sun_kw=26) == -1500, "it takes 4 kW by itself now, and 1.5 kW are left"


@pytest.mark.parametrize("nonsense", [float("nan"), None, "much", float("inf")])
def test_a_meter_that_talks_nonsense_never_reaches_the_storage(nonsense):
    site = Site(base_kw=lambda at: 20.0, scheduled={"battery": -8})
    site.devices.measurements["meter"] = lambda: Measurement(power_w=nonsense)
    assert all(abs(event.targets["battery"]) <= 60 for event in site.run(20))


def test_meter_and_storage_of_different_rounds_are_no_reading():
    hold = HoldGridLimit(settings=LIMITS, meter="meter", storage="battery", kw_per_step=1.0)
    statuses = {
        "meter": AssetStatus(output=0, highest=0, taken_at_s=9.0, output_w=-90000),
        "battery": AssetStatus(output=0, highest=60, taken_at_s=9.6, output_w=0.0, stored_wh=30000),
    }
    assert hold({}, statuses, now_s=10.0).import_kw is None
    assert hold({}, {"meter": statuses["meter"]}, now_s=10.0).import_kw is None


def test_a_site_in_watts_counts_in_watts():
    hold = HoldGridLimit(settings=LIMITS, meter="meter", storage="battery", kw_per_step=0.001)
    statuses = {
        "meter": AssetStatus(output=0, highest=0, taken_at_s=9.0, output_w=-60000),
        "battery": AssetStatus(output=0, highest=60, taken_at_s=9.0, output_w=0.0, stored_wh=30000),
    }
    target = hold({"battery": -8000}, statuses, now_s=9.2).target
    assert 10_500 <= target <= 12_000, "10 kW over, the margin and the first trim"
