"""The site's storage is planned anew at the start, on its period, when a forecast changes, and soon after a failure."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.peak_shaving.rolling_planner import RollingPlanner, StorageRequest
from energy_manager.application.rolling import Attempt, is_due
from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.schedule import Source
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.documents.forecasts.request import forecast_from_json
from energy_manager.entrypoints.jobs.definition import ActivationOptions
from energy_manager.entrypoints.jobs.peak_shaving import PeakShavingOptions, plan_storage_anew
from tests.support.in_memory_devices import InMemoryDevices

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("last", "now", "versions", "due"),
    [
        (None, NOON, {}, True),
        (Attempt(at=NOON, versions={"load": 1}, went_well=True), NOON + timedelta(minutes=14), {"load": 1}, False),
        (Attempt(at=NOON, versions={"load": 1}, went_well=True), NOON + timedelta(minutes=15), {"load": 1}, True),
        (Attempt(at=NOON, versions={"load": 1}, went_well=True), NOON + timedelta(seconds=1), {"load": 2}, True),
        (Attempt(at=NOON, versions={"load": 1}, went_well=True), NOON + timedelta(seconds=1), {}, True),
        (Attempt(at=NOON, versions={}, went_well=False), NOON + timedelta(seconds=9), {}, False),
        (Attempt(at=NOON, versions={}, went_well=False), NOON + timedelta(seconds=10), {}, True),
        (Attempt(at=NOON, versions={}, went_well=True), NOON - timedelta(seconds=1), {}, True),
    ],
)
def test_when_it_is_time_to_plan(last, now, versions, due):
    assert is_due(last, now=now, versions=versions, period=QUARTER) is due


def readings(*values, start=NOON):
    return json.dumps(
        [{"time": (start + timedelta(hours=n)).isoformat(), "value": value} for n, value in enumerate(values)]
    )


class Beside:
    """A site in memory whose battery is planned in this process; time is a fake clock's."""

    def __init__(self):
        self.clock = FakeClock()
        self.store = InMemoryStore()
        self.journal = InMemoryJournal()
        self.devices = InMemoryDevices({"battery": 0}, clock=self.clock)
        self.devices.measurements["battery"] = lambda: Measurement(power_w=0, stored_wh=30_000)
        self.devices.request_statuses(due_s=0.0)
        self.planned = []
        self.failure = None
        self.keep = RollingPlanner(
            storage="battery",
            request=StorageRequest(
                document={"step_s": 3600, "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 0.0}, "horizon_h": 8.0},
                storage={"capacity_kwh": 60.0, "max_charge_kw": 20.0, "max_discharge_kw": 20.0},
            ),
            period=QUARTER,
            forecasts=self.store.repository,
            schedules=self.store.repository,
            statuses=self.devices.statuses,
            clock=self.clock,
            status_max_age_s=25.0,
            now=self.now,
            plan=self.plan,
            journal=self.journal,
        )

    def now(self):
        return NOON + timedelta(seconds=self.clock.now_s())

    async def plan(self, question, now):
        text = question.text()
        self.planned.append(json.loads(text))
        if self.failure is not None:
            raise self.failure
        wish = ActivationOptions(site=PlanningSite(controllable=("battery",), storage="battery"), now=now)
        return plan_storage_anew(text, PeakShavingOptions(), wish).unwrap()

    def put(self, name, text):
        self.store.repository.put_forecast(forecast_from_json(text.encode(), name, now=self.now()))

    async def look_at(self, at_s):
        self.clock.sleep_until(at_s)
        self.devices.request_statuses(due_s=at_s)
        await self.keep.look()

    def targets(self):
        schedule = self.store.repository.get("peak_shaving:battery").schedule
        assert schedule.source is Source.PEAK_SHAVING
        return [schedule.block_at(NOON + timedelta(hours=hour + 0.5)).targets["battery"] for hour in range(8)]

    def said(self):
        return [(event.is_good, event.sentence) for event in self.journal.events]


@pytest.fixture
def beside():
    return Beside()


async def test_the_plan_is_the_storages_schedule(beside):
    beside.put("load", readings(40, 40, 60, 60, 40, 40, 40, 40))
    await beside.look_at(0)
    assert beside.targets() == [0, 0, 10, 10, 0, 0, 0, 0]
    assert beside.said() == [
        (
            True,
            "battery: planned until 2026-03-02T20:00:00Z; proved optimal; change 20.000 kWh; "
            "beyond the limits 0.000 kWh",
        )
    ]


async def test_production_and_the_storages_own_schedule_count(beside):
    beside.put("load", readings(*[60] * 8))
    beside.put("production", readings(*[10] * 8))
    beside.put("schedule", readings(-5, *[0] * 7))
    await beside.look_at(0)
    assert beside.targets() == [5, *[0] * 7]


async def test_it_plans_in_every_period_and_whenever_a_forecast_changes(beside):
    beside.put("load", readings(*[40] * 8))
    for at_s in (0, 1, 2, 899, 900, 901):
        await beside.look_at(at_s)
    assert [planned["start"][11:19] for planned in beside.planned] == ["12:00:00", "12:15:00"]
    beside.put("load", readings(60, *[40] * 7))
    await beside.look_at(902)
    assert beside.targets()[0] == 10
    await beside.look_at(903)
    assert len(beside.planned) == 3


async def test_without_a_forecast_the_old_plan_stands_and_that_is_said_once(beside):
    beside.put("load", readings(60, *[40] * 7))
    await beside.look_at(0)
    beside.store.repository.forget_forecast("load")
    for at_s in range(10, 60, 10):
        await beside.look_at(at_s)
    assert beside.targets()[0] == 10
    assert beside.said()[1:] == [
        (False, "battery: there is no new plan, the schedule stays as it is: load: there is no forecast of this name")
    ]
    beside.put("load", readings(55, *[40] * 7))
    await beside.look_at(61)
    assert beside.targets()[0] == 5
    assert beside.said()[-1][0] is True


async def test_a_forecast_that_has_ended_makes_no_plan(beside):
    beside.put("load", readings(*[40] * 8, start=NOON - timedelta(days=1)))
    await beside.look_at(0)
    assert beside.store.repository.all() == ()
    assert [is_good for is_good, _ in beside.said()] == [False]


async def test_a_storage_of_unknown_energy_is_not_planned_until_it_is_known(beside):
    beside.put("load", readings(60, *[40] * 7))
    beside.clock.sleep_until(26.0)
    await beside.keep.look()
    assert "battery: how much energy it holds is not known" in beside.said()[0][1]
    await beside.look_at(36)
    assert beside.planned[-1]["storage"]["stored_kwh"] == 30.0
    assert beside.targets()[0] == 10


async def test_a_planner_that_fails_is_asked_again_soon(beside):
    beside.put("load", readings(60, *[40] * 7))
    beside.failure = OutOfTime("no answer within 10 s")
    for at_s in (0, 1, 10, 20):
        await beside.look_at(at_s)
    assert len(beside.planned) == 3
    assert len(beside.said()) == 1, "it is said once"
    beside.failure = None
    await beside.look_at(30)
    assert beside.targets()[0] == 10
