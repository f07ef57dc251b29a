from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import VolumeNotAvailable, select_cheapest, select_greedily
from tests.support.cheapest import least_cost_by_brute_force


def ints(*values):
    return np.array(values, dtype=np.int64)


def chosen(selection):
    return np.flatnonzero(selection.chosen).tolist()


def assert_proved(selection, volumes, costs, target):
    assert selection.volume_kw == int(volumes[selection.chosen].sum()) >= target
    assert selection.cost_cents == sum(costs[selection.chosen].tolist())
    assert selection.lower_bound_cents == selection.cost_cents
    assert selection.is_optimal


def test_two_cheap_assets_beat_one_that_is_cheaper_per_kw():
    # Per kW: 10 cents for the large one, 11 and 12 for the small ones; 50 kW cost 10.00 € or 2.75 € + 3.00 €.
    selection = select_cheapest(ints(100, 25, 25), ints(1000, 275, 300), 50)
    assert chosen(selection) == [1, 2]
    assert selection.cost_cents == 575
    assert selection.volume_kw == 50
    assert_proved(selection, ints(100, 25, 25), ints(1000, 275, 300), 50)


def test_a_dear_asset_that_fits_beats_a_cheap_one_and_a_filler():
    # 60 + 50 kW cost 60 + 55 cents; 100 kW alone 110.
    assert chosen(select_cheapest(ints(60, 50, 100), ints(60, 55, 110), 100)) == [2]


def test_one_asset_alone_is_taken_where_all_others_together_do_not_reach():
    assert chosen(select_cheapest(ints(10, 500, 20), ints(1, 99, 1), 100)) == [1]


def test_of_the_assets_that_reach_alone_the_cheapest_competes_with_the_rest():
    volumes, costs = ints(100, 150, 60, 60), ints(90, 80, 45, 44)
    assert chosen(select_cheapest(volumes, costs, 100)) == [1]
    assert chosen(select_cheapest(volumes, ints(90, 100, 45, 44), 100)) == [2, 3]


def test_a_target_of_everything_takes_everything():
    selection = select_cheapest(ints(3, 4, 5), ints(7, 0, 9), 12)
    assert chosen(selection) == [0, 1, 2]
    assert selection.cost_cents == 16


def test_a_target_one_below_everything_leaves_out_the_dearest_single_kw():
    assert chosen(select_cheapest(ints(1, 1, 5, 1), ints(4, 6, 9, 5), 7)) == [0, 2, 3]


def test_one_asset_is_enough():
    assert chosen(select_cheapest(ints(5), ints(3), 1)) == [0]


def test_free_assets_come_first_and_no_more_of_them_than_needed():
    selection = select_cheapest(ints(10, 30, 20, 40), ints(0, 0, 0, 100), 45)
    assert chosen(selection) == [1, 2]
    assert selection.cost_cents == 0
    assert selection.is_optimal


def test_free_assets_that_a_paid_one_makes_needless_are_left_alone():
    # 15 kW are missing beside the free 30; the paid 40 need only one free asset of 5 or more: the smaller one does.
    selection = select_cheapest(ints(10, 20, 40), ints(0, 0, 100), 45)
    assert chosen(selection) == [0, 2]


def test_equal_prices_are_a_question_of_hitting_the_volume():
    selection = select_cheapest(ints(7, 11, 13), ints(70, 110, 130), 20)
    assert chosen(selection) == [0, 2]


def test_even_volumes_reach_an_odd_target_one_above_it():
    volumes = np.arange(2, 2002, 2, dtype=np.int64)
    selection = select_cheapest(volumes, volumes * 3, 100_001)
    assert selection.volume_kw == 100_002
    assert selection.cost_cents == 300_006
    assert_proved(selection, volumes, volumes * 3, 100_001)


def test_equal_assets_are_taken_as_often_as_needed():
    selection = select_cheapest(np.full(1000, 7, dtype=np.int64), np.full(1000, 13, dtype=np.int64), 701)
    assert selection.chosen.sum() == 101
    assert_proved(selection, np.full(1000, 7), np.full(1000, 13), 701)


def test_too_large_a_target_says_how_much_there_is():
    with pytest.raises(VolumeNotAvailable, match=r"101 kW are asked for .* have 100 kW, 1 kW too little") as caught:
        select_cheapest(ints(40, 60), ints(1, 1), 101)
    assert caught.value.details == {"target_kw": 101, "available_kw": 100, "missing_kw": 1}
    assert pickle.loads(pickle.dumps(caught.value)).available_kw == 100


def test_an_empty_offer_has_nothing():
    with pytest.raises(VolumeNotAvailable, match="no assets are on offer") as caught:
        select_cheapest(ints(), ints(), 1)
    assert caught.value.available_kw == 0


@pytest.mark.parametrize(
    ("volumes", "costs", "target", "limit", "fields"),
    [
        (ints(1, 0), ints(1, 1), 1, None, ["volumes_kw[1]"]),
        (ints(1, 2), ints(1, -1), 1, None, ["costs_cents[1]"]),
        (ints(1), ints(10**17 + 1), 1, None, ["costs_cents[0]"]),
        (ints(-1), ints(-1), 0, None, ["volumes_kw[0]", "costs_cents[0]", "target_kw"]),
        (ints(1).astype(np.int32), [1], True, None, ["volumes_kw", "costs_cents", "target_kw"]),
        (ints(1).reshape(1, 1), ints(1) * 1.0, 1.5, None, ["volumes_kw", "costs_cents", "target_kw"]),
        (ints(1, 2), ints(1), 1, None, ["costs_cents"]),
        (ints(2**60, 2**60, 1), ints(1, 1, 1), 1, None, ["volumes_kw"]),
        (ints(2**61 + 1), ints(1), 1, None, ["volumes_kw[0]"]),
        (ints(1), ints(1), 1, -1, ["time_limit_s"]),
        (ints(1), ints(1), 1, float("nan"), ["time_limit_s"]),
        (ints(1), ints(1), 1, "1", ["time_limit_s"]),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(volumes, costs, target, limit, fields):
    with pytest.raises(Refused) as caught:
        select_cheapest(volumes, costs, target, time_limit_s=limit)
    assert [fault.field for fault in caught.value.faults] == fields


def test_a_numpy_target_is_as_good_as_any():
    assert select_cheapest(ints(5, 6), ints(3, 3), np.int64(6)).volume_kw == 6


def test_the_inputs_are_left_as_they_were():
    volumes, costs = np.arange(1, 50, dtype=np.int64), np.arange(3, 52, dtype=np.int64)
    volumes.flags.writeable = costs.flags.writeable = False
    select_cheapest(volumes, costs, 500)


offers = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=11)


@given(offers, st.floats(0, 1))
def test_no_subset_is_cheaper(assets, share):
    volumes, costs = (np.array(column, dtype=np.int64) for column in zip(*assets, strict=True))
    target = max(1, round(share * int(volumes.sum())))
    selection = select_cheapest(volumes, costs, target)
    assert_proved(selection, volumes, costs, target)
    assert selection.cost_cents == least_cost_by_brute_force(volumes, costs, target)


@given(offers, st.floats(0, 1))
def test_every_free_asset_chosen_is_needed(assets, share):
    volumes, costs = (np.array(column, dtype=np.int64) for column in zip(*assets, strict=True))
    target = max(1, round(share * int(volumes.sum())))
    selection = select_cheapest(volumes, costs, target)
    assert all(selection.volume_kw - volume < target for volume in volumes[selection.chosen].tolist())


many = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1, max_size=200)


@given(many, st.floats(0, 1))
def test_greedy_is_never_cheaper_and_never_below_the_bound(assets, share):
    volumes, costs = (np.array(column, dtype=np.int64) for column in zip(*assets, strict=True))
    target = max(1, round(share * int(volumes.sum())))
    best, greedy = select_cheapest(volumes, costs, target), select_greedily(volumes, costs, target)
    assert_proved(best, volumes, costs, target)
    assert greedy.volume_kw >= target
    assert greedy.lower_bound_cents <= best.cost_cents <= greedy.cost_cents


@pytest.mark.parametrize("most_kw", [10, 10**6, 10**12])
@pytest.mark.parametrize("most_cents", [10, 10**9, 10**15, 10**17])
def test_numbers_near_the_limits_are_as_exact_as_small_ones(most_kw, most_cents):
    draw = np.random.default_rng(4)
    for _ in range(5):
        volumes = draw.integers(max(1, most_kw // 3), most_kw, 11, endpoint=True)
        costs = draw.integers(most_cents // 2, most_cents, 11, endpoint=True)
        target = int(volumes.sum()) * 3 // 5
        selection = select_cheapest(volumes, costs, target)
        assert_proved(selection, volumes, costs, target)
        assert selection.cost_cents == least_cost_by_brute_force(volumes, costs, target)


def test_a_total_cost_beyond_int64_is_summed_exactly():
    volumes, costs = np.full(1000, 3, dtype=np.int64), np.full(1000, 10**17 - 1, dtype=np.int64)
    selection = select_cheapest(volumes, costs, 2999)
    assert selection.cost_cents == 1000 * (10**17 - 1)
    assert selection.is_optimal
    fewer = select_cheapest(volumes, costs, 2998 - 3)
    assert fewer.cost_cents == 999 * (10**17 - 1)
