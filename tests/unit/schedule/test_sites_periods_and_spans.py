"""What plans are made schedules with: the site that follows, pieces of single assets, spans of time."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Schedule, Source, Span, TargetPeriod, TimeBlock, blocks_of
from energy_manager.domain.site import PlanningSite

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(hours):
    return NOON + timedelta(hours=hours)


def piece(asset, start, end, target):
    return TargetPeriod(asset=asset, start=at(start), end=at(end), target=target)


def said(blocks):
    return [
        ((b.start - NOON) / timedelta(hours=1), (b.end - NOON) / timedelta(hours=1), dict(b.targets)) for b in blocks
    ]


def test_pieces_of_two_assets_are_cut_where_one_begins_or_ends():
    assert said(blocks_of([piece("a", 0, 2, 5), piece("b", 1, 3, 7)])) == [
        (0, 1, {"a": 5}),
        (1, 2, {"a": 5, "b": 7}),
        (2, 3, {"b": 7}),
    ]


def test_between_pieces_nothing_is_said():
    assert said(blocks_of([piece("a", 0, 1, 5), piece("a", 2, 3, 5)])) == [(0, 1, {"a": 5}), (2, 3, {"a": 5})]


def test_a_cut_at_which_nothing_changes_is_left_out():
    assert said(blocks_of([piece("a", 1, 2, 5), piece("a", 0, 1, 5), piece("a", 2, 3, 6)])) == [
        (0, 2, {"a": 5}),
        (2, 3, {"a": 6}),
    ]


def test_no_pieces_make_no_blocks():
    assert said(blocks_of([])) == []


def runs_of(cuts):
    return [(start, end) for start, end in pairwise(sorted(cuts)) if (start + end) % 3]


@given(st.dictionaries(st.sampled_from("abc"), st.sets(st.integers(0, 12), max_size=8).map(runs_of)))
def test_at_every_instant_blocks_say_what_the_pieces_say(runs):
    pieces = [piece(asset, start, end, start - 3) for asset, spans in runs.items() for start, end in spans]
    blocks = tuple(blocks_of(pieces))
    schedule = Schedule(id="x", source=Source.MANUAL, blocks=blocks)
    for hour in range(-1, 13):
        wanted = {p.asset: p.target for p in pieces if p.start <= at(hour) < p.end}
        block = schedule.block_at(at(hour))
        assert (dict(block.targets) if block else {}) == wanted


def test_a_site_knows_its_assets_and_its_power_steps():
    site = PlanningSite(controllable=("a", "b"), power_unit="W")
    assert (site.steps_per_kw, PlanningSite(controllable=()).steps_per_kw) == (1000, 1)
    site.refuse_strangers(["b", "a"])


def test_an_asset_that_the_site_has_not_is_refused_with_the_name_that_may_be_meant():
    with pytest.raises(Refused) as refusal:
        PlanningSite(controllable=("battery", "pump")).refuse_strangers(["batery", "pump", "x"])
    assert [(fault.field, fault.message.partition(";")[2]) for fault in refusal.value.faults] == [
        ("batery", " did you mean 'battery'?"),
        ("x", ""),
    ]


def test_of_thousands_of_strangers_the_first_ones_are_named():
    with pytest.raises(Refused) as refusal:
        PlanningSite(controllable=("a",)).refuse_strangers(f"asset-{n:04}" for n in range(5000))
    assert len(refusal.value.faults) == 21
    assert refusal.value.faults[-1].message == "4980 more are no assets of the site"


def test_a_span_begins_now_and_lasts_an_hour_unless_something_else_is_said():
    assert Span.of(now=NOON, start=None, minutes=None) == Span(start=NOON, end=at(1))
    assert Span.of(now=NOON, start=at(2), minutes=90) == Span(start=at(2), end=at(3.5))


def test_a_span_is_in_utc():
    start = datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=1)))
    assert Span.of(now=NOON, start=start, minutes=60).start == at(1)
    assert Span.of(now=NOON, start=start, minutes=60).start.tzinfo is UTC


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf"), 527_041])
def test_a_length_that_is_none_is_refused(minutes):
    with pytest.raises(Refused, match="for_min"):
        Span.of(now=NOON, start=None, minutes=minutes)


def test_a_start_without_a_zone_or_beyond_the_calendar_is_refused():
    with pytest.raises(Refused, match="no time zone"):
        Span.of(now=NOON, start=datetime(2026, 3, 2), minutes=None)  # noqa: DTZ001
    with pytest.raises(Refused, match="calendar"):
        Span.of(now=NOON, start=datetime(9999, 12, 31, 23, 30, tzinfo=UTC), minutes=None)
    with pytest.raises(Refused, match="calendar"):
        Span.of_day(date(9999, 12, 31))


def test_a_block_of_a_day_is_that_day_in_utc():
    day = Span.of_day(date(2026, 3, 2))
    assert day == Span(start=at(-12), end=at(12))
    assert TimeBlock(start=day.start, end=day.end, targets={"a": 1}).covers(NOON)


def test_a_day_of_a_time_zone_has_23_hours_when_its_clocks_go_forward():
    span = Span.of_day(date(2026, 3, 29), ZoneInfo("Europe/Brussels"))
    assert (span.start.isoformat(), span.end.isoformat()) == ("2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00")
