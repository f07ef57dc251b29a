"""Read, plan, post, on a platform in memory."""

import math
import pickle
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from loguru import logger

from energy_manager.application.peak_shaving.replan import OldPlanStands, ReplanStorage, StorageSite
from energy_manager.application.ports.forecasts.prognosis_platform import (
    ChargeProgramme,
    Forecast,
    HalfPosted,
    Outlook,
    PlatformFailed,
    SiteLimits,
)
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.peak_shaving import PccLimits
from energy_manager.domain.series import Reading
from energy_manager.entrypoints.dsxos.running import log_run

NOW = datetime(2026, 3, 2, 10, 7, 30, tzinfo=UTC)
HOUR = NOW.replace(minute=0, second=0)
SITE = StorageSite(step_s=3600, min_period_s=None)


def forecast(name, *values, since=HOUR):
    return Forecast(
        name=name,
        readings=tuple(Reading(time=since + timedelta(hours=hour), value=value) for hour, value in enumerate(values)),
    )


OUTLOOK = Outlook(
    load=forecast("load", 40.0, 40.0, 60.0, 40.0, 40.0, 40.0),
    production=forecast("sun", *[0.0] * 6),
    schedule=forecast("schedule", *[2.0] * 6),
    stored_kwh=50.0,
    least_kwh=0.0,
    limits=SiteLimits(pcc=PccLimits(import_limit_kw=50.0, export_limit_kw=1000.0), capacity_kwh=100.0, most_kw=20.0),
)


@dataclass
class PlatformInMemory:
    """Knows an outlook, or an error to end with; keeps what is posted."""

    outlook: Outlook | EnergyManagerError = OUTLOOK
    failure: EnergyManagerError | None = None
    posted: list[ChargeProgramme] = field(default_factory=list)

    async def read(self):
        if isinstance(self.outlook, EnergyManagerError):
            raise self.outlook
        return self.outlook

    async def post(self, programme):
        if self.failure is not None:
            raise self.failure
        self.posted.append(programme)
        return "17"


async def replan(platform, site=SITE):
    return await ReplanStorage(platform=platform, site=site, now=lambda: NOW)()


async def test_the_peak_is_shaved_from_the_last_whole_step_on():
    platform = PlatformInMemory()
    planned = await replan(platform)
    (programme,) = platform.posted
    assert programme == ChargeProgramme(
        made_at=NOW,
        start=HOUR,
        step_s=3600,
        charge_kw=(2.0, 2.0, -10.0, 2.0, 2.0, 2.0),
    )
    assert planned.sentence() == (
        "posted 6 steps of 3600 s from 2026-03-02T10:00:00Z on as prognosis 17; change 12.000 kWh; "
        "beyond the limits 0.000 kWh"
    )


async def test_without_a_schedule_the_storage_rests_unless_it_must_act():
    platform = PlatformInMemory(replace(OUTLOOK, schedule=None))
    planned = await replan(platform)
    assert platform.posted[0].charge_kw == (0.0, 0.0, -10.0, 0.0, 0.0, 0.0)
    assert planned.remarks == ("there was no schedule, so the storage rests unless it must act",)


async def test_what_limits_the_plan_is_told():
    planned = await replan(PlatformInMemory(replace(OUTLOOK, stored_kwh=-6.0)))
    assert "below its least of 0 kWh" in planned.sentence()
    assert "beyond the limits" in planned.sentence()


@pytest.mark.parametrize("failing", ["read", "post"])
async def test_a_platform_that_fails_keeps_its_old_plan(failing):
    error = PlatformFailed("the wire is cut")
    platform = PlatformInMemory(error) if failing == "read" else PlatformInMemory(failure=error)
    with pytest.raises(OldPlanStands) as caught:
        await replan(platform)
    assert str(caught.value) == "the wire is cut; nothing was posted, the plan on the platform stays as it is"
    assert caught.value.reason is error
    assert platform.posted == []
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


async def test_a_plan_that_is_half_there_is_not_called_an_old_one():
    error = HalfPosted("half", prognosis_id="17", posted=3, steps=6)
    with pytest.raises(HalfPosted) as caught:
        await replan(PlatformInMemory(failure=error))
    assert pickle.loads(pickle.dumps(caught.value)).details == {"prognosis_id": "17", "posted": 3, "steps": 6}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"load": forecast("load")}, "load: has no value that is not null"),
        ({"production": forecast("sun", *[None] * 6)}, "sun: has no value that is not null"),
        ({"schedule": forecast("schedule", 0.0, 0.0)}, "schedule: lets the plan reach 7200 s only"),
        ({"load": forecast("load", 1.0, 1.0, since=NOW + timedelta(hours=5))}, "load: begins at"),
        ({"load": forecast("load", 1.0, 1.0, since=NOW - timedelta(days=5))}, "load: lets the plan reach 0 s only"),
        ({"least_kwh": 101.0}, "min_kwh: must be at most the capacity, 100 kWh, not 101"),
    ],
)
async def test_an_outlook_that_cannot_be_planned_on_keeps_the_old_plan(change, words):
    platform = PlatformInMemory(replace(OUTLOOK, **change))
    with pytest.raises(OldPlanStands) as caught:
        await replan(platform)
    assert words in str(caught.value)
    assert platform.posted == []


async def test_a_short_reach_will_do_where_less_is_asked_for():
    platform = PlatformInMemory(replace(OUTLOOK, schedule=forecast("schedule", 0.0, 0.0)))
    planned = await replan(platform, replace(SITE, min_period_s=7200.0))
    assert platform.posted[0].charge_kw == (0.0, 0.0)
    assert planned.remarks == ("the plan ends at 2026-03-02T12:00:00Z because schedule does not reach further",)


async def test_of_many_faults_the_first_are_told_and_all_are_kept():
    faults = [Fault(field=f"load[{place}]", message="is wrong") for place in range(9)]
    with pytest.raises(OldPlanStands) as caught:
        await replan(PlatformInMemory(Refused(faults)))
    assert "load[4]: is wrong; and 4 more faults; nothing was posted" in str(caught.value)
    assert len(caught.value.details["faults"]) == 9


@pytest.mark.parametrize("charge_kw", [(), (1.0, math.nan), (math.inf,)])
def test_a_programme_that_is_not_sound_cannot_be_made(charge_kw):
    with pytest.raises(Refused):
        ChargeProgramme(made_at=NOW, start=NOW, step_s=900, charge_kw=charge_kw)


async def test_a_run_is_one_line_whatever_it_meets():
    lines = []
    handle = logger.add(lines.append, format="{level} {message}")
    try:

        async def break_down():
            raise ZeroDivisionError("never thought of that")

        await log_run(ReplanStorage(platform=PlatformInMemory(), site=SITE, now=lambda: NOW))
        await log_run(ReplanStorage(platform=PlatformInMemory(PlatformFailed("no")), site=SITE, now=lambda: NOW))
        await log_run(break_down)
    finally:
        logger.remove(handle)
    assert [line.split(";")[0].strip() for line in lines] == [
        "INFO posted 6 steps of 3600 s from 2026-03-02T10:00:00Z on as prognosis 17",
        "ERROR no",
        "ERROR the run broke off: ZeroDivisionError: never thought of that",
    ]
