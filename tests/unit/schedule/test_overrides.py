"""What people set by hand: who wins, what stays above it, and that it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Override, OverrideIndex, Schedule, Source, overridden
from energy_manager.domain.schedule.sources import Authority

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def override(name="x", *, assets=("a",), target=0, start=0, end=60, is_hold=False, **more):
    words = {"reason": "valve", "who": "north-2", "role": "technician"} | more
    return Override(id=name, assets=assets, target=target, made_at=at(start), until=at(end), is_hold=is_hold, **words)


def laid_over(*overrides, scheduled, decided_by=None, limited_live=None):
    in_force = OverrideIndex(overrides).at(at(1))
    return overridden(scheduled, decided_by or {}, in_force, limited_live=limited_live)


def test_the_order_of_authority():
    order = [Authority.BASE, Authority.COMFORT, Authority.SCHEDULE, Authority.ACTIVATION, Authority.OVERRIDE]
    assert sorted(Authority) == [*order, Authority.GRID_LIMIT, Authority.HOLD]


def test_an_override_takes_the_place_of_the_schedule_and_is_pinned():
    said = laid_over(override(target=10), scheduled={"a": 100, "b": 50}, decided_by={"a": "manual:m", "b": "manual:m"})
    assert said.scheduled == {"a": 10, "b": 50}
    assert said.decided_by == {"a": "override:x", "b": "manual:m"}
    assert said.pinned == {"a": 10}
    assert said.because == {"a": "valve, technician north-2, until 2026-03-02 13:00 UTC"}


def test_a_release_takes_the_asset_out_of_the_schedule():
    said = laid_over(override(target=None), scheduled={"a": 100, "b": 50})
    assert (said.scheduled, said.pinned) == ({"b": 50}, {"a": None})


def test_of_two_overrides_the_newer_counts_and_a_hold_before_both():
    older, newer = override("old", target=1), override("new", target=2, start=0.5)
    assert laid_over(newer, older, scheduled={}).pinned == {"a": 2}
    hold = override("stop", target=3, is_hold=True, assets=("a", "b"), start=-10)
    assert laid_over(newer, older, hold, scheduled={}).pinned == {"a": 3, "b": 3}


def test_a_plan_that_keeps_the_grid_limit_stands_above_an_override_and_below_a_hold():
    plan = {"scheduled": {"a": -20}, "decided_by": {"a": "peak_shaving:p"}}
    assert laid_over(override(target=10), **plan).scheduled == {"a": -20}
    assert laid_over(override(target=10, is_hold=True), **plan).pinned == {"a": 10}


def test_where_the_grid_limit_is_held_at_each_tick_an_override_is_what_it_is_held_against():
    plan = {"scheduled": {"a": -20}, "decided_by": {"a": "peak_shaving:p"}, "limited_live": "a"}
    said = laid_over(override(target=10), **plan)
    assert (said.scheduled, said.pinned) == ({"a": 10}, {})
    assert laid_over(override(target=10, is_hold=True), **plan).pinned == {"a": 10}


def test_when_the_newer_one_ends_the_older_counts_again_and_then_none():
    index = OverrideIndex((override("old", target=1, start=-1, end=60), override("new", target=2, end=30)))
    found = [{name: one.target for name, one in index.at(at(minute)).items()} for minute in (0, 29.9, 30, 59, 60, 20)]
    assert found == [{"a": 2}, {"a": 2}, {"a": 1}, {"a": 1}, {}, {"a": 2}]


@given(
    ends=st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.integers(-3, 3)), max_size=6),
    asked=st.lists(st.integers(0, 70), min_size=1, max_size=8),
)
def test_whatever_was_asked_before_the_answer_is_that_of_a_fresh_index(ends, asked):
    overrides = tuple(
        override(str(place), end=end, is_hold=is_hold, target=target, start=-place)
        for place, (end, is_hold, target) in enumerate(ends)
    )
    index = OverrideIndex(overrides)
    for minute in asked:
        assert index.at(at(minute)) == OverrideIndex(overrides).at(at(minute))
        assert all(one.until > at(minute) for one in index.at(at(minute)).values())


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"assets": ()}, "assets"),
        ({"end": 0}, "until"),
        ({"end": 24 * 60 + 1}, "until"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "\x1b[2J"}, "reason"),
    ],
)
def test_an_override_without_end_or_reason_is_refused(more, field):
    with pytest.raises(Refused) as refused:
        override(**more)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_what_is_set_by_hand_is_no_schedule():
    for source in (Source.OVERRIDE, Source.HOLD):
        with pytest.raises(Refused, match="source"):
            Schedule(id="s", source=source, blocks=())
