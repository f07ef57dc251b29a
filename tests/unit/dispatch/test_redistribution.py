"""Proportional redistribution: what the short cannot deliver is carried by those that can."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.dispatch import DispatchPolicy, FollowSchedule, ProportionalRedistribution

dispatch = ProportionalRedistribution().dispatch


def test_a_short_asset_keeps_its_potential_and_the_others_carry_the_rest_by_potential():
    decided = dispatch(
        {"asset_1": 100, "asset_2": 100, "asset_3": 300}, {"asset_1": 200, "asset_2": 300, "asset_3": 50}
    )
    assert decided.targets == {"asset_1": 200, "asset_2": 250, "asset_3": 50}
    assert decided.shortfall == 0


def test_a_missing_potential_counts_as_nothing_and_what_nobody_can_carry_is_the_shortfall():
    decided = dispatch(
        {"asset_1": 100, "asset_2": 200, "asset_3": 300}, {"asset_1": 0, "asset_2": None, "asset_3": 500}
    )
    assert decided.targets == {"asset_1": 0, "asset_2": 0, "asset_3": 500}
    assert decided.shortfall == 100


def test_nobody_short_leaves_the_schedule_as_it_is_even_where_potentials_would_allow_more():
    assert dispatch({"a": 10, "b": 20}, {"a": 10, "b": 2000}).targets == {"a": 10, "b": 20}


def test_an_asset_scheduled_at_zero_helps():
    assert dispatch({"a": 50, "b": 0}, {"a": 20, "b": 100}).targets == {"a": 20, "b": 30}


def test_left_over_units_go_one_by_one_in_schedule_order():
    # 2 units over three assets of equal potential: 0 each by division, then one to b and one to c.
    assert dispatch({"a": 2, "b": 0, "c": 0, "d": 0}, {"a": 0, "b": 5, "c": 5, "d": 5}).targets == {
        "a": 0,
        "b": 1,
        "c": 1,
        "d": 0,
    }


def test_what_a_capped_asset_leaves_goes_to_the_rest():
    # The gap of 90 is shared 45/45; b has room for 10 only, so c takes the other 35 as well.
    assert dispatch({"a": 90, "b": 90, "c": 0}, {"a": 0, "b": 100, "c": 100}).targets == {"a": 0, "b": 100, "c": 80}


def test_a_charging_asset_keeps_its_schedule_and_is_neither_short_nor_headroom():
    decided = dispatch({"battery": -50, "a": 100, "b": 100}, {"battery": 500, "a": 60, "b": 120})
    assert decided.targets == {"battery": -50, "a": 60, "b": 120}
    assert decided.shortfall == 20


def test_an_asset_that_is_not_scheduled_takes_no_part():
    assert dispatch({"a": 100}, {"a": 40, "stranger": 1000}).targets == {"a": 40}


def test_an_entry_without_a_potential_is_carried_by_the_others():
    assert dispatch({"ghost": 100, "a": 100}, {"a": 300}).targets == {"ghost": 0, "a": 200}


def test_numbers_of_any_size_are_exact():
    big = 10**30
    decided = dispatch({"a": big, "b": 3, "c": 0}, {"a": 1, "b": big, "c": 2 * big})
    assert sum(decided.targets.values()) == big + 3
    assert decided.shortfall == 0


@pytest.mark.parametrize("policy", [ProportionalRedistribution(), FollowSchedule()])
def test_nothing_scheduled_is_nothing_told(policy: DispatchPolicy):
    assert policy.dispatch({}, {"a": 5}).targets == {}


def test_follow_schedule_repeats_the_schedule_whatever_the_potentials():
    decided = FollowSchedule().dispatch({"a": 100, "b": -5}, {"a": 0})
    assert decided.targets == {"a": 100, "b": -5}
    assert decided.shortfall == 0


powers = st.one_of(st.integers(-20, 20), st.integers(-1000, 10**4), st.integers(0, 10**30))
potentials = st.one_of(st.none(), st.integers(-3, 20), st.integers(0, 10**4), st.integers(0, 10**30))
sites = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.tuples(powers, potentials), max_size=12)


@given(sites)
def test_over_producing_assets_the_sum_is_the_lesser_of_schedule_and_potential(site):
    scheduled, potential = _split(site)
    decided = dispatch(scheduled, potential)
    producing = [asset_id for asset_id, power in scheduled.items() if power >= 0]
    wanted = sum(scheduled[asset_id] for asset_id in producing)
    possible = sum(max(0, potential[asset_id] or 0) for asset_id in producing)
    assert sum(decided.targets[asset_id] for asset_id in producing) == min(wanted, possible)
    assert sum(decided.targets.values()) + decided.shortfall == sum(scheduled.values())


@given(sites)
def test_no_producing_asset_is_told_less_than_nothing_or_more_than_it_can(site):
    scheduled, potential = _split(site)
    for asset_id, target in dispatch(scheduled, potential).targets.items():
        if scheduled[asset_id] >= 0:
            assert 0 <= target <= max(0, potential[asset_id] or 0)
        else:
            assert target == scheduled[asset_id]


@given(sites)
def test_an_asset_that_is_not_short_keeps_at_least_its_schedule(site):
    scheduled, potential = _split(site)
    for asset_id, target in dispatch(scheduled, potential).targets.items():
        assert target >= min(scheduled[asset_id], max(0, potential[asset_id] or 0))


@given(sites)
def test_targets_dispatched_again_stay_and_the_inputs_are_untouched(site):
    scheduled, potential = _split(site)
    before = deepcopy((scheduled, potential))
    targets = dispatch(scheduled, potential).targets
    assert (scheduled, potential) == before
    assert list(targets) == list(scheduled)
    assert dispatch(targets, potential).targets == targets


@given(sites)
def test_shares_follow_the_potentials_to_within_rounding(site):
    """Water filling: of two assets that are not full, the one with more potential is not raised less."""
    scheduled, potential = _split(site)
    targets = dispatch(scheduled, potential).targets
    raised = {a: t - scheduled[a] for a, t in targets.items() if scheduled[a] >= 0 and t >= scheduled[a]}
    if not any((potential[a] or 0) < power for a, power in scheduled.items() if power > 0):
        return
    not_full = [a for a in raised if targets[a] < (potential[a] or 0)]
    rounds = len(raised) + 1
    for a in not_full:
        for b in raised:
            if (potential[b] or 0) <= (potential[a] or 0):
                assert raised[b] <= raised[a] + rounds


def _split(site):
    scheduled = {asset_id: power for asset_id, (power, _) in site.items()}
    return scheduled, {asset_id: potential for asset_id, (_, potential) in site.items()}
