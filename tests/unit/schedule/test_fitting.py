"""Schedules held against the site that is to follow them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, TimeBlock, fitted, refuse_unfit
from energy_manager.domain.site import Asset, AssetKind, Bounds, PlanningSite, Ratings, Site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SITE = PlanningSite(controllable=("asset_1", "asset_2"), bounded={"asset_1": Bounds(lowest=0, highest=300)})


def schedule(*targets, source="manual"):
    hour = timedelta(hours=1)
    blocks = tuple(
        TimeBlock(start=NOON + index * hour, end=NOON + (index + 1) * hour, targets=of_block)
        for index, of_block in enumerate(targets)
    )
    return Schedule(id="x", source=source, blocks=blocks)


def accepted(*targets, source="manual"):
    return AcceptedSchedule(schedule=schedule(*targets, source=source), number=1, accepted_at=NOON)


def test_what_the_site_can_follow_is_as_it_was():
    entry = accepted({"asset_1": 300, "asset_2": 10**6})
    assert fitted(entry, SITE).accepted is entry
    refuse_unfit(entry.schedule, SITE)


def test_every_fault_of_what_is_put_is_told_at_its_place_once_an_asset():
    with pytest.raises(Refused) as refused:
        refuse_unfit(schedule({"asset_1": 1}, {"asset_1": 301, "aset_2": 5}, {"aset_2": 5}), SITE)
    assert [(fault.field, fault.message) for fault in refused.value.faults] == [
        ("blocks[1].targets.asset_1", "301 kW is above 300 kW, the limit of what it can ever do"),
        (
            "blocks[1].targets.aset_2",
            "the site has no asset of this name that takes targets; did you mean 'asset_2'?",
        ),
    ]


def test_a_schedule_for_many_strangers_is_refused_briefly():
    with pytest.raises(Refused) as refused:
        refuse_unfit(schedule({f"stranger_{number}": 1 for number in range(1_000)}), SITE)
    assert len(refused.value.faults) == 21
    assert refused.value.faults[-1].message == "980 more assets are not as the site has"


def test_blocks_that_name_strangers_alone_say_nothing():
    found = fitted(accepted({"other": 5}, {"asset_2": 5}), SITE)
    assert [block.targets for block in found.accepted.schedule.blocks] == [{"asset_2": 5}]


def test_runs_of_appliances_are_not_capped_but_strangers_are_left_out():
    found = fitted(accepted({"asset_1": -7, "other": -5}, source="appliances"), SITE)
    assert [block.targets for block in found.accepted.schedule.blocks] == [{"asset_1": -7}]


@given(target=st.integers(-(10**6), 10**6))
def test_what_is_followed_is_always_within_reach(target):
    (block,) = fitted(accepted({"asset_1": target}), SITE).accepted.schedule.blocks
    assert 0 <= block.targets["asset_1"] <= 300


@pytest.mark.parametrize(
    ("asset", "bounds"),
    [
        (Asset(id="a"), Bounds()),
        (Asset(id="a", kind=AssetKind.PRODUCER, ratings=Ratings(rated_w=2_500)), Bounds(lowest=0, highest=3)),
        (Asset(id="a", kind=AssetKind.LOAD, ratings=Ratings(rated_w=2_000)), Bounds(lowest=-2, highest=0)),
        (
            Asset(
                id="a", kind=AssetKind.STORAGE, ratings=Ratings(max_charge_w=5_000, max_discharge_w=4_000), min_power=-3
            ),
            Bounds(lowest=-3, highest=4),
        ),
        (Asset(id="a", max_power=300), Bounds(highest=300)),
    ],
)
def test_what_an_asset_can_ever_do_is_its_limits_and_its_ratings(asset, bounds):
    assert asset.ever(1_000) == bounds
    site = Site(name="s", assets=(asset,)).planning_site
    assert site.limits == {"a": bounds}
