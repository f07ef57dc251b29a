"""Told is not delivered: an asset counts as what it delivers, and the others make up for the difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.dispatch import FollowSchedule, ProportionalRedistribution, decide
from energy_manager.domain.site import Bounds

POLICY = ProportionalRedistribution()


def decided(scheduled, potentials, counted, *, policy=POLICY, held=None, bounds=None, **more):
    limits = {asset_id: Bounds(lowest=low, highest=high) for asset_id, (low, high) in (bounds or {}).items()}
    dispatch = decide(policy, scheduled, potentials, held or {}, limits, counted=counted, **more)
    return dispatch.targets, dispatch.shortfall


def test_what_an_asset_does_not_deliver_the_others_carry_and_it_is_told_its_schedule_still():
    assert decided({"a": 100, "b": 100, "c": 200}, {"a": 300, "b": 300, "c": 300}, {"c": 0}) == (
        {"a": 200, "b": 200, "c": 200},
        0,
    )


def test_what_it_does_deliver_counts():
    assert decided({"a": 100, "c": 200}, {"a": 300, "c": 300}, {"c": 150}) == ({"a": 150, "c": 200}, 0)


def test_what_nobody_can_carry_is_shortfall():
    assert decided({"a": 100, "c": 300}, {"a": 250, "c": 300}, {"c": 50}) == ({"a": 250, "c": 300}, 100)


def test_one_that_takes_power_where_it_should_deliver_is_made_up_for():
    assert decided({"a": 100, "c": 200}, {"a": 900, "c": 200}, {"c": -50}) == ({"a": 350, "c": 200}, 0)


def test_where_it_delivers_too_much_the_others_give_back_by_their_room():
    # 40 too much: a has 100 to give, b has 300.
    assert decided({"a": 100, "b": 300, "c": 0}, {"a": 100, "b": 300, "c": 90}, {"c": 40}) == (
        {"a": 90, "b": 270, "c": 0},
        0,
    )


def test_nobody_gives_back_below_its_lowest():
    told = decided({"a": 100, "b": 100, "c": 0}, {"a": 100, "b": 100}, {"c": 300}, lowest={"a": 30})
    assert told == ({"a": 30, "b": 0, "c": 0}, 0)


def test_a_storage_gives_back_by_charging_as_far_as_it_could_be_told():
    assert decided({"s": 50, "c": 0}, {"s": 100}, {"c": 90}, lowest={"s": -60}) == ({"s": -40, "c": 0}, 0)


CHARGER = {"least": {"ev": 41}}
"""It takes 41 or more, or nothing."""


def test_a_charger_takes_back_nothing_below_the_least_that_it_can():
    told = decided({"ev": 0, "s": 0, "c": 0}, {"s": 50}, {"c": 40}, lowest={"ev": -110, "s": -60}, **CHARGER)
    assert told == ({"ev": 0, "s": -40, "c": 0}, 0)


def test_a_charger_whose_share_is_below_its_least_takes_that_where_there_is_as_much():
    # In proportion to their rooms: 39 and 6.
    told = decided({"ev": 0, "s": 0, "c": 0}, {"s": 50}, {"c": 45}, lowest={"ev": -110, "s": -17}, **CHARGER)
    assert told == ({"ev": -41, "s": -4, "c": 0}, 0)


def test_a_charger_that_charges_takes_more_by_any_step():
    told = decided({"ev": -41, "c": 0}, {}, {"c": 5}, lowest={"ev": -110}, **CHARGER)
    assert told == ({"ev": -46, "c": 0}, 0)


def test_what_a_charger_could_not_do_stays_too_much():
    told = decided({"ev": 0, "c": 0}, {}, {"c": 30}, lowest={"ev": -110}, **CHARGER)
    assert told == ({"ev": 0, "c": 0}, 0)
    told = decided({"ev": 0, "c": 0}, {}, {"c": 60}, lowest={"ev": -30}, **CHARGER)
    assert told == ({"ev": 0, "c": 0}, 0)


def test_limits_stand_above_what_is_given_back():
    told = decided({"a": 100, "c": 0}, {"a": 100}, {"c": 90}, bounds={"a": (70, 100)})
    assert told == ({"a": 70, "c": 0}, 0)


def test_what_is_too_much_first_takes_the_place_of_what_others_carry():
    # b lacks 50, which a carries; c delivers 30 too much.
    assert decided({"a": 100, "b": 100, "c": 10}, {"a": 200, "b": 50, "c": 10}, {"c": 40}) == (
        {"a": 120, "b": 50, "c": 10},
        0,
    )


def test_what_is_too_much_takes_the_place_of_a_shortfall():
    assert decided({"b": 100, "c": 10}, {"b": 50, "c": 10}, {"c": 40}) == ({"b": 50, "c": 10}, 20)


def test_an_asset_that_charges_less_than_it_is_told_leaves_power_that_others_give_back():
    assert decided({"a": 100, "s": -60}, {"a": 100}, {"s": -20}) == ({"a": 60, "s": -60}, 0)


def test_one_that_nothing_is_scheduled_for_counts_too():
    assert decided({"a": 100}, {"a": 100}, {"x": 40}) == ({"a": 60, "x": 0}, 0)


def test_two_that_do_not_obey_make_up_for_each_other():
    told = decided({"a": 100, "b": 50, "c": 50}, {"a": 300}, {"b": 20, "c": 80})
    assert told == ({"a": 100, "b": 50, "c": 50}, 0)


def test_of_a_released_asset_nothing_is_made_up_for():
    told = decided({"a": 100}, {"a": 100}, {"x": 40}, unscheduled={"x": None})
    assert told == ({"a": 100, "x": None}, 0)


def test_of_a_storage_that_holds_the_grid_limit_nothing_is_made_up_for():
    assert decided({"a": 100, "s": 0}, {"a": 100}, {"s": 40}, held={"s": 10}) == ({"a": 100, "s": 10}, 0)


def test_it_is_told_no_more_than_its_limits_allow():
    told = decided({"a": 100, "c": 200}, {"a": 400}, {"c": 0}, bounds={"c": (0, 20)})
    assert told == ({"a": 300, "c": 20}, 0)


@pytest.mark.parametrize("measured", [0, 300])
def test_a_policy_that_follows_the_schedule_makes_up_for_nothing(measured):
    told = decided({"a": 100, "c": 200}, {"a": 400, "c": 400}, {"c": measured}, policy=FollowSchedule())
    assert told == ({"a": 100, "c": 200}, 0)


assets = st.sampled_from("abcde")
schedules = st.dictionaries(assets, st.integers(-50, 300), min_size=1)


@given(
    scheduled=schedules,
    potentials=st.dictionaries(assets, st.integers(0, 400)),
    counted=st.dictionaries(assets, st.integers(-100, 400), min_size=1),
    lowest=st.dictionaries(assets, st.integers(-60, 60)),
)
def test_the_total_is_kept_exactly_as_far_as_the_others_can(scheduled, potentials, counted, lowest):
    dispatch = decide(POLICY, scheduled, potentials, {}, counted=counted, lowest=lowest)
    assert list(dispatch.targets)[: len(scheduled)] == list(scheduled)
    others = {asset_id: dispatch.targets[asset_id] for asset_id in scheduled if asset_id not in counted}
    for asset_id in counted:
        assert dispatch.targets[asset_id] == scheduled.get(asset_id, 0)
    delivered = sum(others.values()) + sum(counted.values())
    meant = sum(scheduled.values())
    assert dispatch.shortfall >= 0
    for asset_id, target in others.items():
        assert target <= max(potentials.get(asset_id, 0), min(0, scheduled[asset_id]))
    if delivered + dispatch.shortfall != meant:
        assert delivered > meant
        assert not dispatch.shortfall
        assert all(target <= max(0, lowest.get(asset_id, 0)) for asset_id, target in others.items()), "nobody has room"
    if dispatch.shortfall:
        assert all(target >= potentials.get(asset_id, 0) for asset_id, target in others.items() if target > 0)


@given(
    scheduled=st.dictionaries(assets, st.integers(-100, 100), min_size=1),
    counted=st.dictionaries(st.sampled_from("xyz"), st.integers(0, 400), min_size=1),
    lowest=st.dictionaries(assets, st.integers(-200, 0)),
    least=st.dictionaries(assets, st.integers(1, 90)),
)
def test_nobody_is_given_a_share_that_it_cannot_do(scheduled, counted, lowest, least):
    scheduled = {asset_id: min(power, 0) if asset_id in least else power for asset_id, power in scheduled.items()}
    potentials = {asset_id: max(power, 0) for asset_id, power in scheduled.items()}
    dispatch = decide(POLICY, scheduled, potentials, {}, counted=counted, lowest=lowest, least=least)
    for asset_id, power in least.items():
        target = dispatch.targets.get(asset_id, 0)
        assert not -power < target < 0 or target == scheduled[asset_id]
    given_back = sum(scheduled.values()) - sum(dispatch.targets[asset_id] for asset_id in scheduled)
    assert 0 <= given_back <= sum(counted.values())


@given(schedules, st.dictionaries(assets, st.integers(0, 400)))
def test_one_that_delivers_what_it_could_counts_as_one_that_is_short(scheduled, potentials):
    short = {asset_id: potentials.get(asset_id, 0) for asset_id, power in scheduled.items() if power >= 0}
    short = {asset_id: power for asset_id, power in short.items() if power < scheduled[asset_id]}
    plain = decide(POLICY, scheduled, potentials, {})
    dispatch = decide(POLICY, scheduled, potentials, {}, counted=short)
    assert dispatch.shortfall == plain.shortfall
    assert {**dispatch.targets, **short} == plain.targets
