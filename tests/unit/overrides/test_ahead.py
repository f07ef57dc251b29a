"""What is scheduled and expected ahead, step by step."""

from array import array
from datetime import UTC, datetime, timedelta

from energy_manager.application.overrides.ahead import (
    StorageLimits,
    courses,
    grid_kw,
    instants,
    next_events,
    on_grid,
    stored_course,
)
from energy_manager.domain.forecast import IssuedForecast, Unit
from energy_manager.domain.schedule import AcceptedSchedule, Override, Schedule, TimeBlock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def accepted(name, number, *blocks):
    made = tuple(TimeBlock(start=at(start), end=at(end), targets=targets) for start, end, targets in blocks)
    return AcceptedSchedule(schedule=Schedule(id=name, source="manual", blocks=made), number=number, accepted_at=NOON)


def override(end, target):
    words = {"reason": "valve", "who": "ann", "role": "operator"}
    return Override(id="x", assets=("a",), target=target, made_at=NOON, until=at(end), **words)


TIMES = instants(NOON, 900, 4)


def test_each_step_has_the_word_that_holds_at_its_begin_and_whose_it_is():
    schedules = [accepted("day", 1, (0, 60, {"a": 10, "b": 5})), accepted("later", 2, (30, 60, {"b": 7}))]
    ahead = courses(TIMES, schedules, (override(30, 0),))
    assert ahead["a"].targets == (0, 0, 10, 10)
    assert ahead["a"].decided_by == ("override:x", "override:x", "manual:day", "manual:day")
    assert ahead["b"].targets == (5, 5, 7, 7)


def test_next_come_changes_of_schedules_and_ends_of_overrides_in_order():
    schedules = [accepted("day", 1, (0, 40, {"a": 10}), (40, 60, {"a": 20}))]
    events = next_events(NOON, schedules, (override(30, 0),), horizon=timedelta(hours=24), most=10, unit="kW")
    assert [(event.at, event.sentence) for event in events] == [
        (at(30), "a: what was set by hand ends (valve)"),
        (at(40), "a: to deliver 20 kW"),
        (at(60), "a: its schedule ends"),
    ]


def test_a_forecast_holds_until_its_next_reading_and_is_not_known_before_the_first():
    instants_us = array("q", [round(at(minutes).timestamp() * 1e6) for minutes in (15, 40)])
    forecast = IssuedForecast(
        name="load", unit=Unit.KW, issued_at=NOON, instants_us=instants_us, values=array("d", [8.0, 9.0])
    )
    assert on_grid(forecast, TIMES) == (None, 8.0, 8.0, 9.0)
    assert on_grid(None, TIMES) is None


def test_the_grid_takes_what_is_left():
    ahead = courses(TIMES, [accepted("day", 1, (0, 30, {"a": -4}))], ())
    assert grid_kw((10.0, 10.0, None, 10.0), (1.0, None, 1.0, 1.0), ahead, kw_per_step=1.0) == (13.0, 14.0, None, 9.0)


def course(now_kwh, *targets, first_s=3600.0, **limits):
    return stored_course(
        now_kwh, targets, kw_per_step=1.0, step_s=3600, first_s=first_s, limits=StorageLimits(**limits)
    )


def test_a_storage_gains_what_it_charges_and_rests_without_a_target():
    assert course(3.0, -4, None, 2).stored_kwh == (3.0, 7.0, 7.0)
    assert course(3.0, -4, None, 2).loss_kwh == (0.0, 0.0, 0.0)


def test_of_the_step_that_has_begun_only_what_is_left_of_it_counts():
    there = course(3.0, -4, -4, None, first_s=900.0, charge_efficiency=0.5)
    assert there.stored_kwh == (3.0, 3.5, 5.5)
    assert there.loss_kwh == (0.5, 2.0, 0.0)


def test_what_is_lost_on_the_way_in_and_out_is_told():
    there = course(0.0, -10, 4, 0, charge_efficiency=0.9, discharge_efficiency=0.8)
    assert there.stored_kwh == (0.0, 9.0, 4.0)
    assert there.loss_kwh == (1.0, 1.0, 0.0)


def test_a_storage_that_is_full_or_empty_stays_so():
    assert course(8.0, -4, -4, 20, 20, capacity_kwh=10.0).stored_kwh == (8.0, 10.0, 10.0, 0.0)
    assert course(12.0, -4, 0, capacity_kwh=10.0).stored_kwh == (12.0, 12.0)
