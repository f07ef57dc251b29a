"""A grid connection's storage that nobody schedules runs by itself, and is begun only when the limits need it."""

from itertools import groupby, pairwise

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
from energy_manager.application.explanation.replay import replay
from energy_manager.application.explanation.sentences import why
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.domain.dispatch import ProportionalRedistribution
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD
from tests.support.simulated_plant import PlantSettings, SimulatedPlant

LIMITS = GridLimitSettings(
    import_limit_kw=50, export_limit_kw=20, max_charge_kw=60, max_discharge_kw=60, min_kwh=0, capacity_kwh=60, tick_s=1
)


class FreeStorage(InMemoryDevices):
    """A storage that charges with ``by_itself_kw`` whenever it is released, and a meter beside it."""

    def __init__(self, plant, *, by_itself_kw, clock):
        super().__init__({"battery": 60, "meter": 0}, clock=clock, period_s=1.0)
        self.plant, self.by_itself_kw = plant, by_itself_kw
        self.measurements = {"battery": self._storage, "meter": lambda: Measurement(power_w=-1000 * plant.read_meter())}

    def _storage(self):
        charge_kw, stored_kwh = self.plant.read_storage()
        return Measurement(power_w=-1000 * charge_kw, highest_w=60_000, stored_wh=1000 * stored_kwh)

    def command(self, targets, *, due_s):
        super().command(targets, due_s=due_s)
        target = targets["battery"]
        self.plant.set_charge(self.by_itself_kw if target is None else -float(target))


class Site:
    def __init__(self, base_kw, *, by_itself_kw=0.0, scheduled=None, runs_by_itself=True):
        self.clock = FakeClock()
        settings = PlantSettings(max_charge_kw=60, max_discharge_kw=60, capacity_kwh=60, lag_s=0.2, dead_time_s=0.1)
        plant = SimulatedPlant(settings, base_kw=base_kw, now_s=self.clock.now_s, stored_kwh=30.0)
        self.devices = FreeStorage(plant, by_itself_kw=by_itself_kw, clock=self.clock)
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled or {}))
        self.journal = InMemoryJournal()
        common = {"clock": self.clock, "devices": self.devices, "journal": self.journal}
        self.loop = DispatchLoop(
            **common,
            schedule=self.schedule,
            send_targets=SendTargets(
                **common,
                **IN_THE_RECORD,
                statuses=self.devices.statuses,
                schedule=self.schedule,
                policy=ProportionalRedistribution(),
                schedule_wait_s=0.1,
                status_max_age_s=25.0,
                told=("battery",),
                unscheduled={"battery": None} if runs_by_itself else {},
                hold_grid_limit=HoldGridLimit(
                    settings=LIMITS, meter="meter", storage="battery", kw_per_step=1.0, runs_by_itself=runs_by_itself
                ),
            ),
            watch_devices=WatchDevices(**common, statuses=self.devices.statuses, status_max_age_s=25.0),
            statistics=TickStatistics(),
            timing=DispatchTiming(period_s=1.0, status_period_s=10.0, phase_s=0.9),
        )

    def run(self, for_s):
        self.loop(for_s=for_s)
        return [event for event in self.journal.events if isinstance(event, Tick)]


def targets(ticks):
    return [tick.targets["battery"] for tick in ticks]


def between(low_s, high_s, peak_kw, calm_kw):
    return lambda at_s: peak_kw if low_s <= at_s < high_s else calm_kw


def test_inside_the_limits_it_is_released():
    ticks = Site(lambda _: 20.0, by_itself_kw=12.0).run(20)
    assert targets(ticks) == [None] * 20
    assert {tick.hold.reason for tick in ticks} == {"released"}


def test_a_storage_that_is_told_zero_where_nobody_speaks_is_never_released():
    ticks = Site(lambda _: 20.0, runs_by_itself=False).run(20)
    assert targets(ticks) == [0] * 20


def test_it_is_begun_when_the_limit_needs_it_and_released_when_that_is_over():
    ticks = Site(between(10, 40, 80.0, 20.0), by_itself_kw=5.0).run(140)
    course = [is_released for is_released, _ in groupby(target is None for target in targets(ticks))]
    assert course == [True, False, True], "begun once and released once"
    at_the_peak = targets(ticks)[20]
    assert 30 <= at_the_peak <= 37, "30 kW over the limit, the margin and the trim"
    assert all(tick.hold.import_kw <= 50.0 for tick in ticks[15:39])


def test_what_it_does_by_itself_may_be_what_breaks_the_limit():
    ticks = Site(between(10, 30, 48.0, 20.0), by_itself_kw=5.0).run(25)
    assert targets(ticks)[8] is None
    assert -2 <= targets(ticks)[20] <= 0, "it charges by itself with 5 kW, and 2 kW are left below the limit"


def test_without_a_measurement_nothing_is_known_to_need_it():
    site = Site(lambda _: 80.0)
    site.devices.hang("meter")
    ticks = site.run(10)
    assert targets(ticks) == [None] * 10


def test_under_control_it_is_held_when_the_meter_falls_silent():
    site = Site(lambda _: 80.0)
    site.clock.call_at(10.0, lambda: site.devices.hang("meter"))
    ticks = site.run(30)
    assert None not in targets(ticks)[15:]
    assert ticks[-1].hold.reason == "safe"


def test_a_schedule_takes_it_and_its_end_lets_it_go():
    site = Site(lambda _: 20.0, scheduled={"battery": -8})
    site.clock.call_at(10.0, lambda: setattr(site.schedule, "reading", ScheduleReading(targets={})))
    told = targets(site.run(20))
    assert told[:9] == [-8] * 9
    assert told[-9:] == [None] * 9


def test_the_record_replays_and_says_why():
    ticks = Site(between(5, 20, 80.0, 20.0), by_itself_kw=5.0).run(100)
    assert replay(ticks).sentence() == "no difference in 100 ticks"
    assert why(ticks[1], "battery")[-1] == "The limits needed nothing of it, so it was released."
    at_the_limit = next(tick for tick in ticks if tick.hold.reason == "import limit")
    assert any("to keep the import below its limit" in sentence for sentence in why(at_the_limit, "battery"))


@pytest.mark.parametrize("by_itself_kw", [-60.0, 0.0, 60.0])
def test_it_never_flutters(by_itself_kw):
    """Whatever it does by itself under a steady load, it is not begun and released again and again."""
    told = [target is None for target in targets(Site(lambda _: 20.0, by_itself_kw=by_itself_kw).run(200))]
    changes = sum(before != after for before, after in pairwise(told))
    assert changes <= 1
