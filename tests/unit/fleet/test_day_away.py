"""A day without a link: the site's loop ticks on, carries its order out up to its end, and reports everything once."""

from datetime import timedelta

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.dispatch import (
    DispatchLoop,
    DispatchTiming,
    SendTargets,
    TickStatistics,
    WatchDevices,
)
from energy_manager.application.ports.fleet.fleet_bus import EVENTS, QUARTERS
from energy_manager.application.ports.records.journal import TicksSkipped
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.domain.dispatch import ProportionalRedistribution
from energy_manager.domain.fleet import quarter_number
from tests.support.fleet_world import NOON, fleet
from tests.support.in_memory_devices import InMemoryDevices

DAY_S = 24 * 3600.0
PERIOD_S, PHASE_S = 5.0, 0.9
LINK_EVERY_S, MEASURED_EVERY_S = 20.0, 20.0
HOURS_ORDERED = 10


class ScheduleOfStore:
    """What the activations in the site's store say at this moment."""

    def __init__(self, site):
        self.site = site

    def open(self):
        """It is in memory."""

    def follow(self, grid):
        """Always at hand."""

    def read(self, *, wait_s):
        targets = [targets for targets in self.site.targets().values() if targets]
        return ScheduleReading(targets=targets[0] if targets else {"battery": 0})


def loop_of(site, clock, devices, journal, statistics):
    common = {"clock": clock, "devices": devices, "journal": journal}
    schedule = ScheduleOfStore(site)
    return DispatchLoop(
        **common,
        schedule=schedule,
        send_targets=SendTargets(
            **common, statuses=devices.statuses, schedule=schedule, policy=ProportionalRedistribution(),
            schedule_wait_s=0.1, status_max_age_s=25.0, told=devices.asset_ids, policy_name="proportional",
            power_unit="kW", time_of=lambda at_s: NOON + timedelta(seconds=at_s),
        ),
        watch_devices=WatchDevices(**common, statuses=devices.statuses, status_max_age_s=25.0),
        statistics=statistics,
        timing=DispatchTiming(period_s=PERIOD_S, status_period_s=10.0, phase_s=PHASE_S),
    )  # fmt: skip


@pytest.mark.no_cover
def test_a_day_without_a_link_skips_no_tick_carries_out_nothing_too_late_and_is_reported_once():
    world = fleet(60)
    site = world.sites["s1"]
    world.centre.activate(world.activation(60, minutes=60 * HOURS_ORDERED))
    world.step(4)
    begins_s = world.elapsed_s
    site.bus.cut()

    clock = FakeClock(begins_s)
    devices, journal, statistics = InMemoryDevices({"battery": 60}, clock=clock), InMemoryJournal(), TickStatistics()

    def each(every_s, do):
        def again():
            world.elapsed_s = clock.now_s()
            do()
            clock.call_at(clock.now_s() + every_s, again)

        clock.call_at(begins_s, again)

    each(LINK_EVERY_S, lambda: site.link.turn(wait_s=0))
    each(MEASURED_EVERY_S, lambda: (setattr(site, "delivers", devices.targets.get("battery", 0)), site.measure()))
    each(PERIOD_S, lambda: None)
    loop_of(site, clock, devices, journal, statistics)(for_s=DAY_S)

    ticks = [event for event in journal.events if isinstance(event, Tick)]
    assert len(ticks) == DAY_S / PERIOD_S
    assert statistics.skipped == 0
    assert not [event for event in journal.events if isinstance(event, TicksSkipped)]
    until = world.book.records("a")[0].order.until
    carried = [tick.at for tick in ticks if tick.targets["battery"] == 60]
    assert until - timedelta(seconds=2 * PERIOD_S) < carried[-1] < until
    assert len(carried) >= HOURS_ORDERED * 3600 / PERIOD_S - 10
    assert world.book.reports("s1", QUARTERS) == ()

    world.elapsed_s = clock.now_s()
    site.bus.mend()
    world.step(1, times=60)
    sequences = [report.sequence for report in world.book.reports("s1", QUARTERS, limit=1000)]
    assert sorted(sequences) == list(range(quarter_number(NOON), quarter_number(NOON) + 96))
    assert [report.body["action"] for report in world.book.reports("s1", EVENTS)] == ["fleet order"]
    delivered = sum(entry.energy_kwh for entry in world.book.delivered("a"))
    assert abs(delivered - 60 * HOURS_ORDERED) < 1.0
