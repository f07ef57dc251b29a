"""W become whole power steps and back: ints exactly, whatever their size, other numbers without promising power."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.devices.driver import ImplausibleReading
from energy_manager.adapters.devices.measurements import (
    nearest_steps,
    setpoint_w,
    status_of,
    steps_at_least,
    steps_at_most,
)
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.site import Asset, AssetKind, Bounds, Ratings

HUGE = 10**30
UNITS = st.sampled_from([1, 1000])


def status(*, plausible=None, **said):
    bounds = Asset(id="a").plausible_powers(1) if plausible is None else plausible
    return status_of(Measurement(**said), watts_per_step=1, began_s=0.0, plausible=bounds)


@given(st.integers(-HUGE, HUGE), UNITS)
def test_a_target_comes_back_exactly(target, watts):
    told = setpoint_w(target, watts_per_step=watts)
    assert type(told) is int
    for turned in (nearest_steps, steps_at_most, steps_at_least):
        assert turned(told, watts_per_step=watts) == target


def test_no_target_is_no_set_point():
    assert setpoint_w(None, watts_per_step=1000) is None
    assert setpoint_w(0, watts_per_step=1000) == 0


@given(st.one_of(st.integers(-HUGE, HUGE), st.floats(-1e9, 1e9), st.fractions(-1000, 1000)), UNITS)
def test_a_range_is_turned_inwards_and_an_output_to_the_nearest_step(watts, unit):
    steps = Fraction(watts) / unit
    tolerance = Fraction(1, 100_000)
    assert steps_at_most(watts, watts_per_step=unit) <= steps + tolerance
    assert steps_at_least(watts, watts_per_step=unit) >= steps - tolerance
    assert abs(nearest_steps(watts, watts_per_step=unit) - steps) <= Fraction(1, 2) + tolerance


@pytest.mark.parametrize(
    ("watts", "nearest", "at_most", "at_least"),
    [(900, 1, 0, 1), (-900, -1, -1, 0), (499.9, 0, 0, 1), (-499.9, 0, -1, 0), (-500, -1, -1, 0), (1.1e3, 1, 1, 2)],
)
def test_in_kilowatts(watts, nearest, at_most, at_least):
    assert nearest_steps(watts, watts_per_step=1000) == nearest
    assert steps_at_most(watts, watts_per_step=1000) == at_most
    assert steps_at_least(watts, watts_per_step=1000) == at_least


def test_what_turning_units_leaves_behind_is_no_power():
    assert 1000 * 1.001 < 1001
    assert steps_at_most(1000 * 1.001, watts_per_step=1) == 1001


@pytest.mark.parametrize("said", [None, True, "300", float("nan"), float("inf"), Decimal("NaN"), object()])
def test_what_is_no_finite_number_is_missing(said):
    for turned in (nearest_steps, steps_at_most, steps_at_least):
        assert turned(said, watts_per_step=1000) is None


ABSURD = (pytest.param(10**400, id="huge"), pytest.param(-(10**400), id="-huge"))


@pytest.mark.parametrize("absurd", [1e300, -1e300, *ABSURD])
def test_a_reading_that_no_device_can_mean_is_missing(absurd):
    for name in ("power_w", "lowest_w", "highest_w"):
        with pytest.raises(ImplausibleReading, match=f"{name} is"):
            status(**{name: absurd})


@pytest.mark.parametrize(
    "nonsense", [True, "300", float("nan"), float("inf"), object(), pytest.param(10**5000, id="huge")]
)
@pytest.mark.parametrize("name", ["power_w", "lowest_w", "highest_w", "stored_wh"])
def test_a_reading_with_one_value_that_is_no_number_is_missing_as_a_whole(name, nonsense):
    with pytest.raises(ImplausibleReading, match=f"{name} is .*, which is no"):
        status(**{"power_w": 5, name: nonsense})


def test_what_is_not_known_is_not_implausible():
    assert status() == AssetStatus(taken_at_s=0.0)


@pytest.mark.parametrize(
    ("asset", "believed", "implausible"),
    [
        (Asset(id="a"), 2**31 - 1, 4294965796),
        (Asset(id="a"), 2**63 - 1, 2**63),
        (Asset(id="a", ratings=Ratings(max_charge_w=4000, max_discharge_w=3000)), -5000, -5001),
        (Asset(id="a", ratings=Ratings(rated_w=8000)), 10000, 10001),
        (Asset(id="a", ratings=Ratings(rated_w=8000)), -10000, -10001),
        (Asset(id="a", kind=AssetKind.LOAD, ratings=Ratings(rated_w=2000)), -2500, -2501),
        (Asset(id="a", ratings=Ratings(rated_w=8000), plausible=Bounds(highest=8000)), 8000, 8001),
        (Asset(id="a", plausible=Bounds(lowest=-5, highest=50)), -5, -6),
    ],
)
def test_what_is_plausible_is_said_or_follows_from_the_ratings(asset, believed, implausible):
    plausible = asset.plausible_powers(1)
    assert status(power_w=believed, plausible=plausible).output == believed
    with pytest.raises(ImplausibleReading, match=r"beyond|without its sign|no power"):
        status(power_w=implausible, plausible=plausible)
