"""What the loop follows between plans: the band by the energy that is there, nested inside the grid limit."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.application.dispatch import HoldGridLimit
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.least_cost import Mode, PccLimits, guidance_of, value_of_energy
from energy_manager.domain.peak_shaving.grid_limit import GridLimitMemory, GridLimitSettings, PccReading, decide
from energy_manager.domain.storage_value.resting_band import SELF_CONSUMPTION, Band
from tests.unit.least_cost.sites import battery, site

LABEL = "least_cost:least_cost"
NO_LIMITS = GridLimitSettings(
    import_limit_kw=1e6, export_limit_kw=1e6, max_charge_kw=5.0, max_discharge_kw=5.0, tick_s=2.0
)


def guidance(own, **how):
    return guidance_of(own, own.storages[0], value_of_energy(own), plan="plan 1", schedule=LABEL, **how)


def led(own, stored_kwh, *, after_h=0.5):
    return guidance(own).at(own.start.timestamp() + 3600 * after_h, stored_kwh)


@pytest.mark.parametrize(
    ("base_kw", "band", "charge_kw"),
    [
        (3.0, SELF_CONSUMPTION, -3.0),
        (-2.0, SELF_CONSUMPTION, 2.0),
        (3.0, Band(None, None), 0.0),
        (3.0, Band(0.0, None), 0.0),
        (-2.0, Band(None, 0.0), 0.0),
        (3.0, Band(10.0, None), 7.0),
        (3.0, Band(None, -4.0), -7.0),
        (3.0, Band(1.0, 5.0), 0.0),
    ],
)
def test_the_storage_brings_the_exchange_into_the_band(base_kw, band, charge_kw):
    assert band.charge_kw(base_kw) == charge_kw


def test_cheap_hours_buy_and_dear_hours_cover():
    # A kWh bought at 10 ct saves 50 ct later: it is charged until what the dear hour needs is there.
    own = site([1, 3], buy=[0.1, 0.5], sell=0.0, storages=[battery(max_charge_kw=9.0, max_discharge_kw=3.0)])
    assert led(own, 0.0).mode is Mode.CHARGE
    assert led(own, 0.0).next_value == pytest.approx(0.5)
    # What is there already needs no more; and what the cheap hour could use is worth more in the dear one.
    assert led(own, 3.0).mode is Mode.STORE
    assert led(own, 3.0).last_value == pytest.approx(0.5)
    assert led(own, 3.0).next_value == 0.0
    assert led(own, 3.0, after_h=1.5).mode is Mode.NORMAL


def test_a_price_above_what_energy_is_worth_feeds_in():
    own = site([0, 0], buy=[0.5, 0.5], sell=[0.4, 0.1], storages=[battery(stored_kwh=4.0, end_value_eur_per_kwh=0.2)])
    assert led(own, 4.0).mode is Mode.FEED
    assert led(own, 4.0, after_h=1.5).mode is not Mode.FEED


def test_the_band_is_looked_up_by_the_energy_that_is_there_and_not_by_the_plans():
    own = site([1, 3], buy=[0.1, 0.5], sell=0.0, storages=[battery(max_charge_kw=9.0, max_discharge_kw=3.0)])
    assert [led(own, stored).mode for stored in (0.0, 2.9, 3.1)] == [Mode.CHARGE, Mode.CHARGE, Mode.NORMAL]


def test_there_is_no_guidance_before_and_after_the_plan():
    own = site([1, 3], buy=[0.1, 0.5], storages=[battery()])
    assert led(own, 1.0, after_h=-0.1) is None
    assert led(own, 1.0, after_h=2.0) is None


def test_guidance_says_the_same_as_the_value_of_energy():
    own = site([2, 0, 3, 1], [0, 4, 0, 0], buy=[0.2, 0.3, 0.4, 0.1], sell=0.08, storages=[battery(stored_kwh=2.0)])
    value, lead = value_of_energy(own), guidance(own)
    for step in range(own.steps):
        for tenth in range(1, 40):
            stored = tenth / 10
            band = value.band(step, stored)
            found = lead.at(own.start.timestamp() + 3600 * (step + 0.5), stored)
            is_inside = found.next_value is not None and found.last_value is not None
            if is_inside and found.mode in {Mode.NORMAL, Mode.STORE, Mode.COVER, Mode.HOLD}:
                assert found.band(import_limit_kw=9, export_limit_kw=9) == band


def test_values_whose_forecasts_are_not_tried_say_nothing_of_money():
    # Bought at 10 ct it would save 50 ct: so says a forecast that nobody has seen come true.
    own = site([1, 3], buy=[0.1, 0.5], sell=0.0, storages=[battery(max_charge_kw=9.0, max_discharge_kw=3.0)])
    untried = guidance(own, is_tried=False)
    for stored in (0.0, 2.0, 4.0):
        found = untried.at(own.start.timestamp() + 1800, stored)
        assert (found.mode, found.next_value, found.last_value) == (Mode.NORMAL, None, None)
        assert found.prices.buy == 0.1


def test_what_a_limit_needs_is_kept_also_where_the_forecasts_are_not_tried():
    # 6 kW are coming, and 4 may be drawn: 2 kWh have to be there.
    own = site([1, 6], buy=0.3, sell=0.0, storages=[battery()], pcc=PccLimits(import_limit_kw=4.0, export_limit_kw=9.0))
    untried = guidance(own, is_tried=False)
    modes = [untried.at(own.start.timestamp() + 1800, stored).mode for stored in (1.0, 2.0, 3.0)]
    assert modes == [Mode.CHARGE, Mode.STORE, Mode.NORMAL]


kilowatts = st.floats(-20, 20).map(lambda value: round(value, 2))


bands = st.tuples(st.none() | kilowatts, st.none() | st.floats(0, 10)).map(
    lambda ends: Band(ends[0], None if None in ends else sum(ends))
)


@given(
    share=st.floats(0, 1),
    charge_kw=st.floats(-5, 5),
    band=bands,
    import_limit=st.floats(0, 15),
    export_limit=st.floats(0, 15),
)
def test_the_hard_limit_is_stronger_than_the_band(share, charge_kw, band, import_limit, export_limit):
    """The one law: a clamp into the band, then one into the limits; what is wanted never carries the grid beyond."""
    base_kw = share * (import_limit + export_limit) - export_limit - charge_kw
    limits = replace(NO_LIMITS, import_limit_kw=import_limit, export_limit_kw=export_limit, max_charge_kw=40.0)
    limits = replace(limits, max_discharge_kw=40.0)
    reading = PccReading(at_s=10.0, import_kw=base_kw + charge_kw, charge_kw=charge_kw)
    found = decide(limits, GridLimitMemory(), reading, scheduled_kw=0.0, now_s=10.0, resting=lambda _: band)
    exchange = base_kw + found.target_kw
    assert -export_limit - 1e-9 <= exchange <= import_limit + 1e-9
    wanted = base_kw + band.charge_kw(base_kw)
    if -export_limit + 4 < wanted < import_limit - 4:
        assert exchange == pytest.approx(wanted)
        assert found.reason == "band"


@given(
    buy=st.floats(0.05, 0.6),
    share=st.floats(0.0, 0.8),
    net=st.lists(st.integers(-6, 6), min_size=2, max_size=12),
    stored=st.floats(0, 4),
    course=st.lists(kilowatts, min_size=1, max_size=20),
)
def test_with_a_flat_tariff_it_is_the_self_consumption_rule_tick_by_tick(buy, share, net, stored, course):
    efficiency = 0.95
    own = site(
        [max(own, 0) for own in net],
        [max(-own, 0) for own in net],
        buy=buy,
        sell=buy * share * efficiency**2,
        storages=[
            battery(
                stored_kwh=stored,
                charge_efficiency=efficiency,
                discharge_efficiency=efficiency,
                end_value_eur_per_kwh=None,
                max_charge_kw=5.0,
                max_discharge_kw=5.0,
            )
        ],
    )
    limits = replace(NO_LIMITS, min_kwh=0.0, capacity_kwh=4.0)
    led_by = guidance(own)
    at_s, energy, charge = own.start.timestamp(), stored, 0.0
    memory = rule_memory = GridLimitMemory()
    for tick, base_kw in enumerate(course):
        reading = PccReading(at_s=2.0 * tick, import_kw=base_kw + charge, charge_kw=charge, stored_kwh=energy)
        common = {"scheduled_kw": 0.0, "now_s": 2.0 * tick}
        found = decide(
            limits,
            memory,
            reading,
            resting=lambda kwh, tick=tick: led_by.at(at_s + 2.0 * tick, kwh).band(
                import_limit_kw=1e6, export_limit_kw=1e6
            ),
            **common,
        )
        rule = decide(limits, rule_memory, reading, resting=lambda _: SELF_CONSUMPTION, **common)
        assert found.target_kw == pytest.approx(rule.target_kw, abs=1e-9)
        memory, rule_memory, charge = found.memory, rule.memory, found.target_kw
        energy = min(max(energy + charge * 2.0 / 3600.0, 0.0), 4.0)


def hold_at(own, *, label=LABEL, import_kw=1.0, stored_kwh=0.0, age_s=0.0):
    hold = HoldGridLimit(
        settings=replace(NO_LIMITS, import_limit_kw=6.0, min_kwh=0.0, capacity_kwh=4.0),
        meter="meter",
        storage="battery",
        kw_per_step=0.001,
        guidance=lambda: guidance(own, refills=("at 13:00 from the sun",) * own.steps),
    )
    statuses = {
        "meter": AssetStatus(taken_at_s=100.0 - age_s, output_w=-1000 * import_kw),
        "battery": AssetStatus(taken_at_s=100.0 - age_s, output_w=0.0, stored_wh=1000 * stored_kwh),
    }
    at = datetime.fromtimestamp(own.start.timestamp() + 60, tz=UTC)
    return hold({"battery": -500}, statuses, now_s=100.0, at=at, decided_by={"battery": label})


OWN = site([1, 3], buy=[0.1, 0.5], storages=[battery(stored_kwh=0.0, end_value_eur_per_kwh=0.0)])


def test_the_record_says_what_was_followed_and_why():
    found = hold_at(OWN)
    # Bought in the cheap hour, up to the import limit of 6 kW less its margin of 2 %, beside 1 kW of load.
    assert (found.target, found.reason, found.mode, found.plan) == (-4880, "import limit", "charge", "plan 1")
    assert (found.buy_per_kwh, found.next_value_per_kwh) == (0.1, pytest.approx(0.5))
    assert (found.band_lo_kw, found.band_hi_kw, found.refill) == (6.0, None, "at 13:00 from the sun")


def test_another_schedule_of_the_storage_is_followed_as_it_is():
    found = hold_at(OWN, label="manual:mine")
    assert (found.target, found.plan) == (-500, "")


@pytest.mark.parametrize(("runs_by_itself", "reason"), [(False, "band"), (True, "released")])
def test_without_a_plan_it_takes_surplus_and_covers_load_unless_it_does_so_by_itself(runs_by_itself, reason):
    hold = HoldGridLimit(
        settings=replace(NO_LIMITS, min_kwh=0.0, capacity_kwh=4.0),
        meter="meter",
        storage="battery",
        kw_per_step=0.001,
        is_planned=True,
        runs_by_itself=runs_by_itself,
    )
    statuses = {
        "meter": AssetStatus(taken_at_s=100.0, output_w=-1000.0),
        "battery": AssetStatus(taken_at_s=100.0, output_w=0.0, stored_wh=2000.0),
    }
    found = hold({}, statuses, now_s=100.0, at=OWN.start)
    assert (found.target, found.reason) == (None if runs_by_itself else 1000, reason)
    # What is scheduled by others is followed.
    assert hold({"battery": -500}, statuses, now_s=102.0, at=OWN.start).target == -500


def test_without_a_fresh_reading_the_plans_power_counts():
    found = hold_at(OWN, age_s=60.0)
    assert (found.reason, found.plan) == ("safe", "")
    assert math.isfinite(found.target)
