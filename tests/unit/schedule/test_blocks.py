"""A schedule is time blocks in order; a block is half open."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Schedule, TimeBlock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def block(start_min: int, end_min: int, power: int = 1) -> TimeBlock:
    return TimeBlock(
        start=NOON + timedelta(minutes=start_min), end=NOON + timedelta(minutes=end_min), targets={"asset_1": power}
    )


def schedule(*blocks: TimeBlock) -> Schedule:
    return Schedule(id="plan-1", source="manual", blocks=blocks)


def test_a_block_covers_its_start_and_not_its_end():
    quarter = block(0, 15)
    assert quarter.covers(NOON)
    assert not quarter.covers(NOON + timedelta(minutes=15))


def test_the_block_at_an_instant_is_found_and_gaps_say_nothing():
    plan = schedule(block(0, 15, 1), block(15, 30, 2), block(45, 60, 3))
    found = [plan.block_at(NOON + timedelta(minutes=minutes)) for minutes in (-1, 0, 15, 30, 45, 60)]
    assert [None if it is None else it.targets["asset_1"] for it in found] == [None, 1, 2, None, 3, None]


def test_a_time_without_a_zone_is_refused_by_field():
    with pytest.raises(Refused) as refusal:
        TimeBlock(start=datetime(2026, 3, 2), end=NOON, targets={})  # noqa: DTZ001 - this is the point
    assert refusal.value.faults[0].field == "start"


def test_a_block_that_does_not_last_is_refused():
    with pytest.raises(Refused, match="not after the start"):
        block(15, 15)


def test_blocks_that_overlap_are_refused_by_place():
    with pytest.raises(Refused) as refusal:
        schedule(block(0, 15), block(10, 30))
    assert refusal.value.faults[0].field == "blocks[1].start"


def test_local_times_are_kept_in_utc_because_they_do_not_compare_where_the_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    first_half_past_two = datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=berlin)
    second_quarter_past_two = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=berlin)
    night = TimeBlock(start=first_half_past_two, end=second_quarter_past_two, targets={})
    assert night.end - night.start == timedelta(minutes=45)
    assert night.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_that_utc_cannot_express_is_refused():
    with pytest.raises(Refused, match="outside the years"):
        TimeBlock(start=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), end=NOON, targets={})


def test_a_target_that_is_no_whole_number_is_refused_by_asset():
    with pytest.raises(Refused) as refusal:
        TimeBlock(start=NOON, end=NOON + timedelta(hours=1), targets={"a": 1, "b": 1.5, "c": True})
    assert [fault.field for fault in refusal.value.faults] == ["targets.b", "targets.c"]


def test_a_block_does_not_change_with_the_mapping_it_was_made_of():
    targets = {"a": 1}
    hour = TimeBlock(start=NOON, end=NOON + timedelta(hours=1), targets=targets)
    targets["a"] = 2
    assert hour.targets == {"a": 1}


@pytest.mark.parametrize("bad", ["", "a\nb", "a\x00", "x" * 201])
def test_an_id_that_cannot_be_typed_is_refused(bad):
    with pytest.raises(Refused) as refusal:
        Schedule(id=bad, source="manual", blocks=())
    assert refusal.value.faults[0].field == "id"


def test_every_fault_of_a_schedule_is_told_at_once():
    with pytest.raises(Refused) as refusal:
        Schedule(id="", source="nobody", blocks=(block(0, 15), block(10, 30)))
    assert [fault.field for fault in refusal.value.faults] == ["id", "source", "blocks[1].start"]


def test_a_schedule_spans_its_blocks_and_speaks_for_the_assets_they_name():
    plan = schedule(block(0, 15), block(45, 60))
    assert (plan.start, plan.end) == (NOON, NOON + timedelta(hours=1))
    assert plan.assets == ("asset_1",)


def test_a_schedule_without_blocks_has_no_span():
    assert (schedule().start, schedule().end, schedule().assets) == (None, None, ())
