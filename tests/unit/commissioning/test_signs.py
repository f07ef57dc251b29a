"""A wrong sign shows in the balance of meter, sun, battery and loads, as far as it can."""

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.commissioning import Measured, PointReading, doubtful_signs
from energy_manager.domain.site import AssetKind

KINDS = {
    "grid": AssetKind.METER,
    "roof": AssetKind.PRODUCER,
    "battery": AssetKind.STORAGE,
    "house": AssetKind.LOAD,
    "flat": AssetKind.METER,
}


def doubts(**outputs_w):
    measured = [Measured(asset_id=name, kind=KINDS[name], output_w=output_w) for name, output_w in outputs_w.items()]
    return doubtful_signs(measured, meter="grid")


def test_powers_that_add_up_give_no_doubt():
    assert doubts(grid=-500, roof=2000, battery=-1500, house=-1000) == ()
    assert doubts(grid=2600, roof=3000, battery=0, house=-400) == ()


def test_what_nobody_measures_may_be_drawn_by_the_house():
    assert doubts(grid=-3000, roof=1000, battery=-500) == ()
    assert doubts(grid=-3000, roof=1000, battery=0, house=-500) == ()


def test_a_sun_that_takes_power_and_a_load_that_delivers_some_are_wrong_by_themselves():
    assert doubts(roof=-2000) == ("roof takes 2000 W, which no producer does: its sign may be wrong",)
    assert doubts(house=700) == ("house delivers 700 W, which no load does: its sign may be wrong",)
    assert doubts(roof=-12, house=30) == ()


def test_a_house_that_would_deliver_has_a_wrong_sign_somewhere():
    # In truth 3,000 W are imported: 500 W for the house and 2,500 W into the battery.
    (doubt,) = doubts(grid=3000, roof=0, battery=-2500)
    assert doubt.startswith("5500 W more go out than come in: the sign of grid ")
    (doubt,) = doubts(grid=2500, roof=0, battery=-1000)
    assert "the sign of grid may be wrong" in doubt


def test_with_measured_loads_the_one_whose_other_sign_closes_the_balance_is_named():
    # In truth the house draws 500 W, the sun gives 3,000 W, and 2,500 W are exported.
    (doubt,) = doubts(grid=-2500, roof=3000, battery=0, house=-500)
    assert doubt == ("5000 W more come in than go out: the sign of grid may be wrong, with the other one it adds up")
    # In truth the battery takes 2,000 W of the sun's 3,000 W.
    (doubt,) = doubts(grid=500, roof=3000, battery=2000, house=-500)
    assert "the sign of battery may be wrong" in doubt


def test_powers_that_no_other_sign_explains_do_not_add_up():
    assert doubts(grid=100, roof=0, battery=100, house=-5300) == (
        "5300 W more go out than come in: the measured powers do not add up",
    )


def test_meters_of_homes_are_in_no_balance_and_without_a_grid_meter_there_is_none():
    assert doubts(grid=-500, flat=4000, battery=0) == ()
    assert doubts(battery=-500, flat=4000) == ()


@given(
    roof=st.floats(0, 10_000), battery=st.floats(-10_000, 10_000), house=st.floats(0, 10_000), others=st.floats(0, 90)
)
def test_what_is_true_is_never_doubted(roof, battery, house, others):
    imported_w = house + others - roof - battery
    assert doubts(grid=-imported_w, roof=roof, battery=battery, house=-house) == ()


def test_a_point_carries_its_unit_in_its_name():
    units = {name: PointReading(name=name, value=1, age_s=0).unit for name in ("load_w", "stored_wh", "soc_percent")}
    assert units == {"load_w": "W", "stored_wh": "Wh", "soc_percent": "%"}
    assert PointReading(name="current_a", value=None, age_s=None).unit == "A"
    assert PointReading(name="on", value=1, age_s=0).unit == ""
