"""A schedule is time blocks in order; a block is half open."""

from datetime import UTC, datetime, timedelta

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
