"""Whether a device does what it is told, judged by what it measures."""

import pytest

from energy_manager.domain.dispatch import OBEYS, AssetStatus, Obedience
from energy_manager.domain.site import Asset, AssetKind

ANY = Asset(id="a")


def after(*outputs, told=(200,), asset=ANY, **said):
    obedience = OBEYS
    for output in outputs:
        obedience = obedience.after(AssetStatus(taken_at_s=0.0, output=output, **said), told, asset)
    return obedience


def test_the_third_good_status_in_a_row_that_is_not_what_was_told_is_disobedience():
    assert [after(*[0] * count).disobeys for count in range(5)] == [False, False, False, True, True]


def test_one_good_status_that_is_what_was_told_ends_it():
    assert after(0, 0, 200) == OBEYS
    assert not after(0, 0, 0, 0, 200).disobeys


def test_a_battery_whose_last_watts_take_longest_settles_and_does_not_disobey():
    assert not after(920, 340, 125, 46, 17, 6, 2, told=(0,)).disobeys
    assert after(920, 340, 125, 46, 17, 6, 2, 1, told=(0,)) == OBEYS


def test_one_that_comes_nearer_and_stays_away_disobeys_all_the_same():
    assert after(900, 400, 400, 400, told=(0,)).disobeys
    assert after(100, 40, 100, 40, 100, told=(0,)).disobeys


def test_a_status_without_an_output_says_nothing():
    assert after(0, 0, None, 0).disobeys


@pytest.mark.parametrize(("output", "follows"), [(190, True), (189, False), (210, True), (211, False)])
def test_a_twentieth_of_the_target_is_tolerated(output, follows):
    assert (after(output) == OBEYS) is follows


@pytest.mark.parametrize(("tolerance", "follows"), [(0, False), (3, True)])
def test_an_asset_may_have_a_tolerance_of_its_own(tolerance, follows):
    assert (after(203, asset=Asset(id="a", tolerance=tolerance)) == OBEYS) is follows


def test_what_it_could_deliver_explains_why_it_delivers_less():
    assert after(50, highest=50) == OBEYS
    assert after(20, highest=50) != OBEYS
    assert after(90, highest=50) == OBEYS, "more than it said it could, and no more than it was told"


def test_what_it_could_take_explains_why_a_storage_takes_less():
    assert after(0, told=(-80,), lowest=0) == OBEYS
    assert after(0, told=(-80,), lowest=-100) != OBEYS
    assert after(0, told=(-80,)) != OBEYS


def test_a_load_may_take_less_than_it_is_told_and_not_more():
    load = Asset(id="a", kind=AssetKind.LOAD)
    assert after(-5, told=(-80,), asset=load, lowest=-100) == OBEYS
    assert after(-90, told=(-80,), asset=load) != OBEYS


def test_between_two_targets_it_may_be_anywhere():
    assert after(100, told=(0, 200)) == OBEYS
    assert after(250, told=(0, 200)) != OBEYS


@pytest.mark.parametrize("told", [(), (None,), (None, 200), (200, None)])
def test_who_was_told_nothing_or_was_released_owes_nothing(told):
    assert after(0, 0, 0, told=told) == OBEYS


@pytest.mark.parametrize("told", [(200,), ()])
def test_the_drivers_own_word_goes_before_all_else(told):
    assert after(0, 0, 0, 0, told=told, follows=True) == OBEYS
    assert after(200, told=told, follows=False).disobeys
    assert OBEYS.after(AssetStatus(taken_at_s=0.0), told, ANY) == Obedience()
