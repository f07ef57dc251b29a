"""Raw readings on the plan's grid: misaligned, unsorted, doubled, with gaps, and over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.peak_shaving import plan_storage
from energy_manager.domain.series import HeldSeries, Reading, microseconds
from tests.support.documents import read_peak_shaving
from tests.support.thorough import sample

START = datetime(2026, 3, 2, tzinfo=UTC)
BRUSSELS = ZoneInfo("Europe/Brussels")
LARGE = {"capacity_kwh": 10, "stored_kwh": 5, "max_charge_kw": 9, "max_discharge_kw": 9}


def readings(*values: float | None, start: datetime = START, every_s: int = 3600) -> list[dict[str, Any]]:
    return [
        {"time": (start + timedelta(seconds=every_s * place)).isoformat(), "value": value}
        for place, value in enumerate(values)
    ]


def request(load: object, **changes: Any) -> Any:
    body: dict[str, Any] = {
        "start": "2026-03-02T00:00:00Z",
        "step_s": 3600,
        "load_kw": load,
        "pcc": {"import_limit_kw": 50, "export_limit_kw": 50},
        "storage": {"capacity_kwh": 10, "stored_kwh": 5, "max_charge_kw": 1, "max_discharge_kw": 1},
        "min_period_s": 0,
    }
    return read_peak_shaving(body | changes)


def refusal(load: object, **changes: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        request(load, **changes)
    return {fault.field: fault.message for fault in refused.value.faults}


def test_readings_on_the_grid_are_taken_as_they_are():
    assert request(readings(1, 2, 3)).problem.load_kw == (1.0, 2.0, 3.0)


def test_a_finer_resolution_is_averaged_and_a_coarser_one_is_held():
    assert request(readings(1, 2, 3, 6, 5, 5, 5, 5, every_s=900)).problem.load_kw == (3.0, 5.0)
    assert request(readings(1, 2), step_s=1800).problem.load_kw == (1.0, 1.0, 2.0, 2.0)


def test_readings_beside_the_grid_are_weighted_by_the_time_they_hold():
    # 4 until 00:15, then 8 until 01:15, then 0.
    shifted = readings(4, 8, 0, 0, start=START - timedelta(minutes=45))
    assert request(shifted).problem.load_kw == (7.0, 2.0, 0.0)


def test_order_does_not_matter_the_last_of_doubles_wins_and_nulls_are_dropped():
    first, second, third = readings(1, 2, None)
    double = {"time": first["time"], "value": 9}
    assert request([third, second, first, double]).problem.load_kw == (9.0, 2.0)


def test_a_gap_holds_the_value_before_it():
    one, _, _, four = readings(1, 2, 3, 4)
    five = readings(5, start=START + timedelta(hours=4))[0]
    six = readings(6, start=START + timedelta(hours=5))[0]
    assert request([one, four, five, six]).problem.load_kw == (1.0, 1.0, 1.0, 4.0, 5.0, 6.0)


def test_the_last_reading_holds_for_the_usual_spacing():
    assert request(readings(1, 2, every_s=7200)).problem.steps == 4
    assert request(readings(7)).problem.steps == 1


def test_times_with_any_offset_are_the_same_instants():
    local = [{"time": "2026-03-02T01:00:00+01:00", "value": 1}, {"time": "2026-03-01T20:00:00-05:00", "value": 2}]
    assert request(local).problem.load_kw == (1.0, 2.0)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_local_day_with_a_change_of_the_clock_has_23_or_25_hours(day, hours):
    begin = datetime.fromisoformat(day).replace(tzinfo=BRUSSELS)
    instants = [begin.astimezone(UTC) + timedelta(hours=hour) for hour in range(hours)]
    assert (instants[-1] + timedelta(hours=1)).astimezone(BRUSSELS) == begin + timedelta(days=1)
    load = [
        {"time": instant.astimezone(BRUSSELS).isoformat(), "value": place} for place, instant in enumerate(instants)
    ]
    problem = request(load, start=begin.isoformat()).problem
    assert problem.load_kw == tuple(float(place) for place in range(hours))
    assert problem.start == instants[0]


def test_a_start_within_a_step_of_readings_makes_a_partial_first_step_and_is_that_of_a_whole_one_for_lists():
    problem = request(readings(1, 2, 3), start="2026-03-02T00:45:00Z").problem
    assert (problem.start, problem.first_step_s) == (START + timedelta(minutes=45), 900.0)
    assert problem.hours == (0.25, 1.0, 1.0)
    assert [problem.time_of(step).isoformat()[11:16] for step in range(4)] == ["00:45", "01:00", "02:00", "03:00"]
    assert request([1, 2], start="2026-03-02T00:07:00Z").problem.start == START + timedelta(minutes=7)
    assert request([1, 2], start="2026-03-02T00:07:00Z").problem.first_step_s is None
    day = request(readings(1, 2, every_s=86400), step_s=86400, start="2026-03-02T13:00:00+01:00").problem
    assert (day.start, day.first_step_s) == (START + timedelta(hours=12), 43_200.0)


def test_the_first_step_has_the_mean_of_what_is_left_of_it():
    problem = request(readings(1, 2, 3, 4, every_s=1800), start="2026-03-02T00:15:00Z").problem
    assert problem.load_kw == (pytest.approx(1 * 15 / 45 + 2 * 30 / 45), 3.5)


def test_the_stored_energy_is_that_at_the_start_itself():
    plan = plan_storage(request(readings(52, 40, 40), start="2026-03-02T00:30:00Z", storage=LARGE).problem)
    # 2 kW too much for half an hour.
    assert (plan.charge_kw[0], plan.stored_kwh[0], plan.change_kwh) == (-2.0, 4.0, 1.0)


def test_gaps_longer_than_two_spacings_are_named_and_shorter_ones_are_not():
    load = [*readings(1, 2, 3), *readings(4, 5, start=START + timedelta(hours=26))]
    assert request(load).warnings == (
        "load_kw has no value between 2026-03-02T02:00:00Z and 2026-03-03T02:00:00Z (86400 s): the one before is held",
    )
    assert request(readings(1, None, 2, 3)).warnings == ()
    assert len(request(readings(1, None, None, 2, 3, 4)).warnings) == 1


def test_only_gaps_within_the_plan_are_named_and_at_most_ten_of_a_series():
    load = [*readings(1, 2, 3), *readings(4, 5, start=START + timedelta(hours=26))]
    assert request(load, start="2026-03-03T03:00:00Z").warnings == ()
    assert request(load, horizon_h=2).warnings == ()
    assert len(request(load, start="2026-03-03T01:30:00Z").warnings) == 1
    many = [value for place in range(30) for value in (place, 1, 1, 1, None, None)]
    warnings = request(readings(*many, 1)).warnings
    assert (len(warnings), warnings[-1]) == (11, "load_kw has 20 more gaps, over which the value before is held")


def test_a_gap_longer_than_may_be_held_is_refused():
    load = [*readings(1, 2, 3), *readings(4, 5, start=START + timedelta(hours=26))]
    assert request(load, max_gap_s=86_400).warnings
    said = refusal([*load, *readings(1, start=START + timedelta(hours=60))], max_gap_s=86_399)
    assert said == {
        "load_kw": "has no value between 2026-03-02T02:00:00Z and 2026-03-03T02:00:00Z (86400 s): longer than "
        "max_gap_s, 86399 s, and 1 more gaps of that kind"
    }


def test_the_plan_reaches_to_the_first_end_of_any_series_and_says_so():
    asked = request(readings(1, 2, 3, 4), production_kw=readings(0, 0, 0, 0, every_s=1800))
    assert asked.problem.steps == 2
    assert asked.problem.production_kw == (0.0, 0.0)
    assert asked.remark == "the plan ends at 2026-03-02T02:00:00Z because production_kw does not reach further"


def test_series_that_end_together_need_no_remark():
    assert request(readings(1, 2), production_kw=readings(0, 0, 0, 0, every_s=1800)).remark is None


def test_lists_beside_readings_are_on_the_grid_and_end_where_they_end():
    asked = request(readings(1, 2, 3), schedule={"charge_kw": [0.5, 0.5]})
    assert asked.problem.storages[0].schedule_kw == (0.5, 0.5)
    assert "schedule.charge_kw does not reach further" in str(asked.remark)
    assert request(readings(1, 2), schedule={"charge_kw": [1, 2, 3]}).problem.storages[0].schedule_kw == (1.0, 2.0)


def test_the_horizon_bounds_the_reach():
    asked = request(readings(*range(48)), horizon_h=24)
    assert (asked.problem.steps, asked.remark) == (24, None)
    assert request(readings(*range(5)), horizon_h=24).problem.steps == 5


def test_with_readings_six_hours_are_needed_unless_said_otherwise():
    assert "18000 s only, at least 21600 s" in refusal(readings(*range(5)), min_period_s=None)["load_kw"]
    assert request(readings(*range(6)), min_period_s=None).problem.steps == 6
    assert request(readings(*range(9)), min_period_s=None, horizon_h=3).problem.steps == 3
    assert "horizon_h" in refusal(readings(*range(9)), min_period_s=21600, horizon_h=3)


def test_a_series_without_a_value_is_refused_by_name():
    assert "not null" in refusal(readings(None, None))["load_kw"]
    assert "not null" in refusal(readings(1, 2), production_kw=readings(None))["production_kw"]


def test_a_series_that_begins_too_late_or_ended_before_the_start_is_refused():
    assert "begins at 2026-03-02T05:00:00Z" in refusal(readings(1, 2, start=START + timedelta(hours=5)))["load_kw"]
    assert "0 s only" in refusal(readings(1, 2, start=START - timedelta(days=1)))["load_kw"]


def test_a_series_that_begins_within_its_spacing_counts_from_the_start():
    late = readings(2, 4, start=START + timedelta(minutes=30))
    assert request(late).problem.load_kw == (2.0, 3.0)


@pytest.mark.parametrize(
    ("reading", "field", "words"),
    [
        ({"time": "2026-03-02T00:00:00", "value": 1}, "load_kw[0].time", "offset"),
        ({"time": 17, "value": 1}, "load_kw[0].time", "ISO 8601"),
        ({"value": 1}, "load_kw[0].time", "missing"),
        ({"time": "2026-03-02T00:00:00Z"}, "load_kw[0].value", "missing"),
        ({"time": "2026-03-02T00:00:00Z", "value": -1}, "load_kw[0].value", "from 0 to 1000000000, not -1"),
        ({"time": "2026-03-02T00:00:00Z", "value": float("nan")}, "load_kw[0].value", "finite"),
        ({"time": "2026-03-02T00:00:00Z", "value": "1"}, "load_kw[0].value", "number"),
        ({"time": "0001-01-01T00:00:00+05:00", "value": 1}, "load_kw[0].time", "ISO 8601"),
    ],
)
def test_a_bad_reading_is_refused_by_its_place(reading, field, words):
    assert words in refusal([reading])[field]


def test_numbers_and_readings_do_not_mix():
    assert refusal([*readings(1), 2]) == {"load_kw[1]": "must be an object, not 2"}
    assert refusal([2, *readings(1)]) == {"load_kw[1]": "must be a number, not an object"}


def test_readings_that_reach_too_far_are_refused():
    assert "at most 200000 are planned" in refusal(readings(1, 2, every_s=200_000), step_s=1)["load_kw"]


@settings(max_examples=sample(150), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 100)), min_size=1, max_size=30),
    st.integers(1, 4000),
    st.integers(1, 12),
)
def test_the_energy_under_the_steps_is_the_energy_under_the_readings(pairs, step_s, steps):
    series = HeldSeries.of(
        [Reading(time=START + timedelta(seconds=at), value=float(value)) for at, value in pairs], step_s=step_s
    )
    assert series is not None
    means = series.means(start_us=microseconds(START), step_us=step_s * 1_000_000, steps=steps)
    held = dict(pairs)
    first = min(held)
    seconds = [held[max((at for at in held if at <= second), default=first)] for second in range(step_s * steps)]
    assert sum(means) * step_s == pytest.approx(sum(seconds))
    assert all(min(held.values()) <= mean <= max(held.values()) for mean in means)
