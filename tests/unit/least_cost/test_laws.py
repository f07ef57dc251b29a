from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.least_cost import plan_site, value_of_energy
from energy_manager.domain.series import at_each_step
from tests.support.least_cost_cases import one_storage_case, several_case
from tests.support.thorough import sample

SEEDS = st.integers(min_value=10_000, max_value=10_000_000)


@settings(max_examples=sample(150), deadline=None)
@given(SEEDS)
def test_nothing_is_imported_and_exported_at_once_and_the_balance_is_exact(seed):
    site = one_storage_case(seed)
    plan = plan_site(site)
    charge = plan.charge_kw["s"]
    for step in range(site.steps):
        assert min(plan.import_kw[step], plan.export_kw[step]) == 0.0
        assert plan.import_kw[step] - plan.export_kw[step] - plan.curtailed_kw[step] == pytest.approx(
            site.load_kw[step] - site.production_kw[step] + charge[step], abs=1e-8
        )


@settings(max_examples=sample(150), deadline=None)
@given(SEEDS)
def test_energy_once_inside_its_limits_stays_there(seed):
    site = one_storage_case(seed)
    (storage,) = site.storages
    floor, ceiling = at_each_step(storage.min_kwh, site.steps), at_each_step(storage.capacity_kwh, site.steps)
    inside = floor[0] <= storage.stored_kwh <= ceiling[0]
    for step, stored in enumerate(plan_site(site).stored_kwh["s"]):
        if inside and storage.keep_per_hour == 1.0:
            assert floor[step] - 1e-8 <= stored <= ceiling[step] + 1e-8
        inside = inside or floor[step] <= stored <= ceiling[step]


@settings(max_examples=sample(100), deadline=None)
@given(SEEDS)
def test_the_band_leads_to_the_power_that_is_planned(seed):
    site = one_storage_case(seed)
    plan = plan_site(site)
    for step, (lo, hi) in enumerate(plan.band["s"]):
        charge, carried = plan.charge_kw["s"][step], plan.import_kw[step] - plan.export_kw[step]
        if lo is not None and hi is not None:
            assert lo <= hi
        if charge > 0.0:
            assert lo is not None
            assert carried <= lo + 1e-8
        elif charge < 0.0:
            assert hi is not None
            assert carried >= hi - 1e-8
        else:
            assert lo is None or carried >= lo - 1e-8
            assert hi is None or carried <= hi + 1e-8


@settings(max_examples=sample(60), deadline=None)
@given(SEEDS)
def test_a_kilowatt_hour_more_is_never_worth_more_than_the_one_before(seed):
    site = one_storage_case(seed, kind="battery")
    (storage,) = site.storages
    value = value_of_energy(replace(site, curtailable=True, pcc=replace(site.pcc, import_limit_kw=1e6)))
    for step in range(site.steps):
        levels = [storage.capacity_kwh * share / 8 for share in range(1, 8)]
        worth = [value.at(step, level) for level in levels]
        assert all(after <= before + 1e-9 for before, after in pairwise(worth))


@settings(max_examples=sample(60), deadline=None)
@given(SEEDS)
def test_a_plan_carried_out_as_planned_is_not_changed_one_step_later(seed):
    site = one_storage_case(seed, steps=8, kind="battery")
    plan = plan_site(replace(site, first_step_s=None))
    (storage,) = site.storages
    later = replace(storage, stored_kwh=plan.stored_kwh["s"][0], planned_kw=plan.charge_kw["s"][1:])
    rest = plan_site(
        replace(
            site,
            first_step_s=None,
            load_kw=site.load_kw[1:],
            production_kw=site.production_kw[1:],
            buy_eur_per_kwh=site.buy_eur_per_kwh[1:],
            sell_eur_per_kwh=site.sell_eur_per_kwh[1:] if isinstance(site.sell_eur_per_kwh, tuple) else 0.08,
            storages=(later,),
        )
    )
    assert rest.charge_kw["s"] == pytest.approx(plan.charge_kw["s"][1:], abs=1e-6)
    assert rest.kept


@settings(max_examples=sample(40), deadline=None)
@given(SEEDS)
def test_any_site_has_a_checked_plan_and_a_bound(seed):
    plan = plan_site(several_case(seed))
    assert plan.lower_bound_eur <= plan.cost_eur
    assert plan.optimal or plan.kept or plan.limited_by is not None
