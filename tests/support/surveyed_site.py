"""A site in memory that ticks when it is told to, with what looks at it."""

from __future__ import annotations

from datetime import UTC, datetime

from energy_manager.adapters.records.journals import NewestTick
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import ReadSiteState, SendTargets, TickStatistics
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import ProportionalRedistribution
from energy_manager.entrypoints.documents.site import SiteFacts, site_document
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD, at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FACTS = SiteFacts(
    name="test",
    power_unit="kW",
    period_s=2.0,
    status_max_age_s=25.0,
    offers=("grid",),
    capacities_wh={"a": 4000.0},
)


class SurveyedSite:
    """``clock`` shows 100 s at noon; each ``tick`` reads the statuses first."""

    def __init__(self, scheduled, potentials, *, decided_by=None, told=None, hold_grid_limit=None, measurements=None):
        self.clock = FakeClock(100.0)
        self.devices = InMemoryDevices(potentials, clock=self.clock)
        self.devices.measurements.update(measurements or {})
        self.schedule = InMemorySchedule(ScheduleReading(targets=scheduled, decided_by=decided_by or {}))
        self.statistics = TickStatistics()
        self.newest = NewestTick()
        self.ticks = 0
        self.send_targets = SendTargets(
            clock=self.clock,
            schedule=self.schedule,
            devices=self.devices,
            statuses=self.devices.statuses,
            policy=ProportionalRedistribution(),
            **IN_THE_RECORD | {"time_of": lambda instant_s: at(instant_s - 100.0)},
            journal=self.newest,
            schedule_wait_s=0.1,
            status_max_age_s=25.0,
            told=self.devices.asset_ids if told is None else told,
            hold_grid_limit=hold_grid_limit,
        )
        self.survey = ReadSiteState(
            newest=self.newest,
            devices=self.devices,
            statuses=self.devices.statuses,
            statistics=self.statistics,
            clock=self.clock,
            status_max_age_s=25.0,
            hold_grid_limit=hold_grid_limit,
        )

    def tick(self, *, lag_s=0.0):
        self.devices.request_statuses(due_s=self.clock.now_s())
        due_s = self.clock.now_s()
        self.clock.sleep_until(due_s + lag_s)
        self.statistics.ran(at_s=due_s + lag_s, lag_s=lag_s)
        self.send_targets(TickStart(number=self.ticks, due_s=due_s, lag_s=lag_s))
        self.ticks += 1

    def document(self):
        return site_document(self.survey(), FACTS)
