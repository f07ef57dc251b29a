"""A site is described once: what stands there, what it is used for, and which of it may be told what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Asset, AssetKind, Bounds, GridConnection, PlanningSite, Ratings, Role, Site, Use

BATTERY = Asset(
    id="battery",
    kind=AssetKind.STORAGE,
    ratings=Ratings(capacity_wh=10_000, max_charge_w=4000, max_discharge_w=4000),
)
METER = Asset(id="meter", kind=AssetKind.METER)
PLANT = Asset(id="plant")
GRID = GridConnection(meter="meter", storage="battery", import_limit_kw=50, export_limit_kw=20)


def site(*assets, **parts):
    return Site(name="home", assets=assets, **parts)


def faults_of(make):
    with pytest.raises(Refused) as refusal:
        make()
    return {fault.field: fault.message for fault in refusal.value.faults}


def test_meters_are_only_read_and_all_else_takes_targets():
    home = site(BATTERY, METER, PLANT)
    assert home.controllable == ("battery", "plant")


def test_planners_know_what_takes_targets_and_which_storage_keeps_the_limits():
    home = site(BATTERY, METER, PLANT, power_unit="W", grid_connection=GRID)
    bounded = {"battery": Bounds(lowest=-4000, highest=4000)}
    assert home.planning_site == PlanningSite(
        controllable=("battery", "plant"), uncontrolled=("meter",), power_unit="W", storage="battery", bounded=bounded
    )
    assert (home.watts_per_step, home.kw_per_step, site(PLANT).watts_per_step) == (1, 0.001, 1000)
    assert site(PLANT).planning_site.storage is None


def test_days_begin_in_utc_unless_something_else_is_said():
    assert site(PLANT).time_zone == "UTC"


def test_two_assets_of_one_id_are_refused():
    assert faults_of(lambda: site(PLANT, PLANT)) == {"plant": "2 assets have this id"}


def test_a_role_needs_a_kind_whatever_the_driver():
    swapped = GridConnection(meter="battery", storage="meter", import_limit_kw=50, export_limit_kw=20)
    assert faults_of(lambda: site(BATTERY, METER, grid_connection=swapped)) == {
        "battery": "there must be an asset of this id of kind meter, for it is the meter of the grid connection",
        "meter": "there must be an asset of this id of kind storage, for it is the storage that keeps the limits of "
        "the grid connection",
    }


def test_a_role_needs_ratings():
    bare = Asset(id="battery", kind=AssetKind.STORAGE, ratings=Ratings(max_charge_w=4000))
    assert faults_of(lambda: site(bare, METER, grid_connection=GRID))["battery"] == (
        "this asset needs capacity_wh and max_discharge_w, for it is the storage that keeps the limits of the grid "
        "connection"
    )


def test_a_home_may_use_what_is_of_no_stated_kind():
    cellar = Role(asset="plant", use=Use.HOME_BATTERY, household="home")
    home = site(PLANT, roles=(cellar,))
    assert home.household_of("plant", Use.HOME_BATTERY) == "home"
    assert home.household_of("plant", Use.HOME_METER) is None
    oven = Role(asset="plant", use=Use.HOME_APPLIANCE, household="home")
    assert faults_of(lambda: site(PLANT, roles=(oven,))) == {
        "plant": "this asset needs rated_w, for it is an appliance of a household"
    }


def test_an_unknown_asset_is_none_of_the_site():
    assert site(PLANT).asset("plant") is PLANT
    with pytest.raises(KeyError):
        site(PLANT).asset("plan")


@pytest.mark.parametrize(
    ("ratings", "field"),
    [
        ({"capacity_wh": -1}, "capacity_wh"),
        ({"rated_w": float("inf")}, "rated_w"),
        ({"max_charge_w": float("nan")}, "max_charge_w"),
        ({"capacity_wh": 10, "min_wh": 11}, "min_wh"),
    ],
)
def test_ratings_that_cannot_be_are_refused(ratings, field):
    assert set(faults_of(lambda: Ratings(**ratings))) == {field}


def test_ratings_know_which_of_them_are_said():
    assert Ratings(capacity_wh=0, rated_w=5).given == {"capacity_wh", "rated_w"}


@pytest.mark.parametrize(
    ("said", "unscheduled", "fallback"),
    [
        ({}, 0, 0),
        ({"unscheduled": "release"}, None, None),
        ({"unscheduled": "release", "fallback": "zero"}, None, 0),
        ({"fallback": "release"}, 0, None),
        ({"fallback": -30}, 0, -30),
        ({"fallback": 0, "unscheduled": "release"}, None, 0),
    ],
)
def test_what_holds_where_nobody_speaks_and_where_nothing_can_be_decided(said, unscheduled, fallback):
    asset = Asset(id="a", **said)
    assert (asset.unscheduled_target, asset.fallback_target) == (unscheduled, fallback)


def test_a_fallback_is_within_the_limits():
    assert faults_of(lambda: Asset(id="a", max_power=5, fallback=6)) == {
        "fallback": "6 is outside the limits of the asset"
    }


@given(st.integers(-100, 100), st.integers(0, 100), st.integers(1, 50))
def test_the_next_target_is_within_limits_and_ramp(last, top, ramp):
    bounds = Asset(id="a", kind=AssetKind.STORAGE, min_power=-top, max_power=top, ramp=ramp).bounds(last)
    begun = min(max(last, -top), top)
    assert bounds.lowest == max(-top, begun - ramp)
    assert bounds.highest == min(top, begun + ramp)


def test_who_is_assumed_to_go_on_while_it_cannot_be_reached():
    home = site(
        PLANT, Asset(id="last", unreachable="last"), Asset(id="some", unreachable=-5), Asset(id="none", unreachable=0)
    )
    assert home.assumed_unreachable == {"last": "last", "some": -5}


@pytest.mark.parametrize(("target", "tolerance"), [(0, 1), (-10, 1), (100, 5), (-1000, 50)])
def test_where_no_tolerance_is_said_it_is_a_twentieth_and_at_least_a_step(target, tolerance):
    assert PLANT.tolerance_of(target) == tolerance
    assert Asset(id="a", tolerance=0).tolerance_of(target) == 0


def test_tolerances_and_plausible_powers_that_cannot_be_are_refused():
    assert faults_of(lambda: Asset(id="a", tolerance=-1)) == {"tolerance": "-1 is below 0"}
    assert faults_of(lambda: Asset(id="a", plausible=Bounds(lowest=5, highest=4))) == {"plausible": "5 is above 4"}
