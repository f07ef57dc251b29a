"""Limits that a least charging power steps over: a plan there always is, as near to them as can be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.least_cost import plan_site
from energy_manager.domain.least_cost.engine.courses import Forward
from energy_manager.domain.least_cost.engine.exchange import exchange_of
from energy_manager.domain.least_cost.engine.single import solve
from energy_manager.domain.least_cost.engine.step_costs import step_costs
from energy_manager.domain.least_cost.engine.terms import storage_terms
from energy_manager.domain.least_cost.plan.finishing import base_kw
from energy_manager.domain.storage_value.reach_with_gaps import GapMove, reach_with_gaps, some_way
from tests.support.least_cost_cases import one_storage_case
from tests.unit.least_cost.sites import battery, site


def on_or_off(**own):
    """A store of heat that charges with 4 kW or not at all, and gives nothing back."""
    fields = {"id": "boiler", "kind": "heat", "max_charge_kw": 4.0, "min_charge_kw": 4.0, "max_discharge_kw": 0.0}
    return battery(**{**fields, **own})


def test_limits_that_every_power_steps_over_are_left_by_as_little_as_can_be():
    # From -1 kWh: 3 after one hour, then 3 or 7, of which 7 is nearer to what is allowed, 5 to 6 kWh.
    boiler = on_or_off(capacity_kwh=6.0, min_kwh=5.0, stored_kwh=-1.0)
    plan = plan_site(site([0, 0, 0], buy=[0.3, 0.3, 0.3], storages=[boiler]))
    assert plan.stored_kwh["boiler"] == pytest.approx([3.0, 7.0, 7.0])
    assert plan.optimal
    assert "boiler starts at -1 kWh, below its least" in (plan.limited_by or "")


def test_use_brings_what_was_stepped_over_back_within_the_limits():
    boiler = on_or_off(capacity_kwh=6.0, min_kwh=5.0, stored_kwh=-1.0, use_kwh=(0.0, 0.0, 1.5))
    plan = plan_site(site([0, 0, 0], buy=[0.3, 0.3, 0.3], storages=[boiler]))
    assert plan.stored_kwh["boiler"] == pytest.approx([3.0, 7.0, 5.5])
    assert plan.shortfall_kwh == pytest.approx(0.0)


def test_the_only_way_between_narrow_limits_is_found_without_any_search():
    """Found by a campaign: neither the relaxation nor going step by step leads through, and nothing was left."""
    boiler = on_or_off(capacity_kwh=5.0, stored_kwh=1.0, min_kwh=(0.0, 0.0, 4.5, 0.0), use_kwh=(0.0, 1.0, 0.0, 4.0))
    own = site([0, 0, 0, 0], buy=[0.1, 0.4, 0.3, 0.2], storages=[boiler])
    exchange = exchange_of(own)
    terms = storage_terms(boiler, exchange.hours, end_value=0.0)
    course = solve(terms, exchange, base_kw(own), work_steps=0).course
    assert course.stored_kwh[2] >= 4.5 - 1e-6


@pytest.mark.no_cover
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from(["ev", "heat"]))
def test_there_is_a_way_that_keeps_the_limits_and_the_least_power(seed, kind):
    own = one_storage_case(seed, kind=kind)
    (storage,) = own.storages
    exchange = exchange_of(own)
    terms = storage_terms(storage, exchange.hours, end_value=0.0)
    if terms.reach is None:
        return
    costs = step_costs(terms, exchange, base_kw(own))
    forward = Forward(terms=terms, exchange=exchange, base_kw=base_kw(own), costs=costs)
    course = forward.way_that_exists()
    assert forward.keeps_limits(course)
    assert forward.is_allowed(course)


EIGHTHS = st.integers(0, 24).map(lambda value: value / 8)


@st.composite
def moves(draw):
    least_in = draw(EIGHTHS)
    return GapMove(
        most_out=draw(EIGHTHS), use=draw(EIGHTHS), least_in=least_in, most_in=least_in + draw(EIGHTHS), keep=1.0
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(moves(), min_size=1, max_size=6), EIGHTHS, EIGHTHS, EIGHTHS)
def test_a_way_does_in_each_step_what_it_may_and_stays_in_the_band(steps, start, floor, span):
    count = len(steps)
    reach = reach_with_gaps(start, steps, floor=[floor] * count, ceiling=[floor + span] * count)
    stored = start
    for move, (entered, unserved), low, high in zip(
        steps, some_way(reach), reach.band.lower, reach.band.upper, strict=True
    ):
        assert -move.most_out - 1e-9 <= entered <= move.most_in + 1e-9
        assert entered <= 1e-9 or entered >= move.least_in - 1e-9
        assert -1e-9 <= unserved <= move.use + 1e-9
        stored += entered + unserved - move.use
        assert low - 1e-6 <= stored <= high + 1e-6
