"""Several schedules, one target per asset."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import (
    BASE,
    AcceptedSchedule,
    Authority,
    Decider,
    Schedule,
    ScheduleIndex,
    Source,
    TimeBlock,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def accepted(number: int, source: str, *blocks: tuple[int, int, dict[str, int]]) -> AcceptedSchedule:
    made = tuple(TimeBlock(start=at(start), end=at(end), targets=targets) for start, end, targets in blocks)
    return AcceptedSchedule(
        schedule=Schedule(id=f"s{number}", source=source, blocks=made), number=number, accepted_at=NOON
    )


def merge(schedules, instant, base=None):
    return ScheduleIndex(schedules).at(instant).over(base or {})


def test_the_order_of_authority_is_grid_limit_activation_schedule_comfort_base():
    weights = [Source(name).authority for name in ("peak_shaving", "flexibility", "manual", "appliances", "shared")]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 5
    assert Source.PRODUCTION.authority == Source.MANUAL.authority == Authority.SCHEDULE


def test_the_highest_authority_wins_however_old_it_is():
    limit = accepted(1, "peak_shaving", (0, 60, {"a": 1}))
    activation = accepted(2, "flexibility", (0, 60, {"a": 2, "b": 2}))
    manual = accepted(3, "manual", (0, 60, {"a": 3, "b": 3, "c": 3}))
    run = accepted(4, "appliances", (0, 60, {"a": 4, "b": 4, "c": 4, "d": 4}))
    merged = merge([run, manual, activation, limit], at(5), {"a": 9, "e": 9})
    assert merged.targets == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 9}
    assert [merged.decided_by[asset_id].label for asset_id in "abcde"] == [
        "peak_shaving:s1",
        "flexibility:s2",
        "manual:s3",
        "appliances:s4",
        "shared",
    ]


def test_within_one_authority_the_newest_wins():
    plan, order = accepted(1, "production", (0, 60, {"a": 1})), accepted(2, "manual", (0, 60, {"a": 2}))
    assert merge([order, plan], at(5)).targets == {"a": 2}


def test_an_asset_gets_its_schedule_back_when_the_activation_is_over():
    plan, activation = accepted(1, "production", (0, 60, {"a": 1})), accepted(2, "flexibility", (15, 30, {"a": 2}))
    index = ScheduleIndex([plan, activation])
    assert [index.at(at(minutes)).merged.targets for minutes in (14, 15, 29, 30)] == [
        {"a": 1},
        {"a": 2},
        {"a": 2},
        {"a": 1},
    ]


def test_a_gap_falls_through_per_asset():
    order = accepted(2, "manual", (0, 15, {"a": 2}), (30, 45, {"b": 2}))
    plan = accepted(1, "production", (0, 60, {"a": 1, "b": 1}))
    index = ScheduleIndex([order, plan])
    assert [index.at(at(minutes)).merged.targets for minutes in (0, 20, 30)] == [
        {"a": 2, "b": 1},
        {"a": 1, "b": 1},
        {"a": 1, "b": 2},
    ]


def test_where_nobody_speaks_the_target_is_zero_and_nobody_decided_it():
    merged = merge([accepted(1, "manual", (0, 15, {"a": 7}))], at(15))
    assert merged.targets == {}
    assert merged.decided_by == {}


def test_a_zero_is_a_word_too():
    assert merge([accepted(1, "manual", (0, 15, {"a": 0}))], at(1), {"a": 9}).targets == {"a": 0}


def test_any_stored_schedule_wins_over_the_base_one_of_the_shared_source_as_well():
    assert merge([accepted(1, "shared", (0, 15, {"a": 1}))], at(1), {"a": 9}).targets == {"a": 1}


def test_the_base_schedule_keeps_its_order_and_others_stand_behind_it():
    merged = merge([accepted(1, "manual", (0, 15, {"z": 1, "b": 1}))], at(1), {"c": 3, "b": 3, "a": 3})
    assert list(merged.targets) == list(merged.decided_by) == ["c", "b", "a", "z"]


def test_a_stretch_lasts_until_the_next_beginning_or_end_of_any_block():
    index = ScheduleIndex([accepted(1, "manual", (0, 60, {"a": 1})), accepted(2, "manual", (20, 30, {"b": 1}))])
    bounds = [(stretch.start, stretch.end) for stretch in map(index.at, map(at, (-1, 0, 25, 40, 60)))]
    assert bounds == [(None, at(0)), (at(0), at(20)), (at(20), at(30)), (at(30), at(60)), (at(60), None)]


def test_without_schedules_one_stretch_holds_for_ever():
    stretch = ScheduleIndex([]).at(NOON)
    assert (stretch.start, stretch.end) == (None, None)
    assert stretch.covers(NOON)
    assert stretch.over({"a": 1}).decided_by == {"a": BASE}


@pytest.mark.parametrize(
    "decider", [BASE, Decider(source=Source.MANUAL, schedule_id="x"), Decider(source=Source.SHARED, schedule_id="a:b")]
)
def test_a_label_reads_back_as_its_decider(decider):
    assert Decider.from_label(decider.label) == decider


def test_a_label_of_no_source_is_refused():
    with pytest.raises(Refused, match="nobody"):
        Decider.from_label("nobody:x")


ASSETS = st.sampled_from("abcd")
TARGETS = st.dictionaries(ASSETS, st.integers(-9, 9), max_size=4)


SCHEDULED = [source for source in Source if source.is_of_schedules]


@st.composite
def crowds(draw):
    crowd = []
    for number in range(draw(st.integers(0, 6))):
        edges = sorted(draw(st.sets(st.integers(0, 20), max_size=8)))
        blocks = [(start, end, draw(TARGETS)) for start, end in zip(edges[::2], edges[1::2], strict=False)]
        crowd.append(accepted(number, draw(st.sampled_from(SCHEDULED)), *blocks))
    return crowd


INSTANTS = st.integers(-1, 21)


def winner(crowd: list[AcceptedSchedule], instant: datetime, asset_id: str) -> AcceptedSchedule | None:
    """The definition, word by word."""
    speaking = [
        entry
        for entry in crowd
        for block in entry.schedule.blocks
        if block.start <= instant < block.end and asset_id in block.targets
    ]
    return max(speaking, key=lambda entry: (entry.schedule.source.authority, entry.number), default=None)


@given(crowds(), INSTANTS, TARGETS)
def test_the_merge_is_its_definition_asset_by_asset(crowd, minute, base):
    merged = merge(crowd, at(minute), base)
    for asset_id in "abcd":
        best = winner(crowd, at(minute), asset_id)
        if best is None:
            assert merged.targets.get(asset_id) == base.get(asset_id)
            assert merged.decided_by.get(asset_id) == (BASE if asset_id in base else None)
        else:
            assert merged.targets[asset_id] == best.schedule.block_at(at(minute)).targets[asset_id]
            assert merged.decided_by[asset_id] == best.decider


@given(crowds(), INSTANTS, TARGETS, st.randoms())
def test_the_order_in_which_schedules_are_handed_in_does_not_matter(crowd, minute, base, chance):
    shuffled = list(crowd)
    chance.shuffle(shuffled)
    assert merge(shuffled, at(minute), base) == merge(crowd, at(minute), base)


@given(crowds(), INSTANTS)
def test_a_stretch_holds_wherever_it_says_so_and_the_next_one_begins_where_it_ends(crowd, minute):
    index = ScheduleIndex(crowd)
    stretch = index.at(at(minute))
    assert stretch.covers(at(minute))
    for other in range(-1, 22):
        if stretch.covers(at(other)):
            assert index.at(at(other)) == stretch
    if stretch.end is not None:
        assert index.at(stretch.end).start == stretch.end


@given(crowds(), INSTANTS, TARGETS)
def test_who_does_not_decide_anything_may_leave_without_a_trace(crowd, minute, base):
    merged = merge(crowd, at(minute), base)
    deciding = [entry for entry in crowd if entry.decider in merged.decided_by.values()]
    assert merge(deciding, at(minute), base) == merged
