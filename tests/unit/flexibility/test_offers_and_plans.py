from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import (
    ActivationPlan,
    FlexibilityAsset,
    Offer,
    VolumeNotAvailable,
    generate_offer,
    plan_activation,
)
from energy_manager.domain.flexibility.assets import euros
from energy_manager.entrypoints.jobs.flexibility.answer import answer_of, answer_text, chosen_asset

YESTERDAY, TODAY, TOMORROW = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)

BOILER = FlexibilityAsset(code="B", name="Boiler", volume_kw=50, cost_cents=1001, availability=(TODAY, TOMORROW))
PUMP = FlexibilityAsset(code="P", name="Pump", volume_kw=30, cost_cents=500, availability=(TOMORROW,))
CHILLER = FlexibilityAsset(code="C", name="Chiller", volume_kw=40, cost_cents=800)


def test_an_offer_knows_who_is_available_when():
    offer = Offer.of([BOILER, PUMP, CHILLER])
    assert [offer.available_on(TODAY).asset(position) for position in range(2)] == [BOILER, CHILLER]
    assert len(offer.available_on(TOMORROW)) == 3
    assert offer.available_on(YESTERDAY).codes == ["C"]


def test_an_offer_without_availability_is_always_there():
    offer = Offer(codes=["A"], names=["A"], volumes_kw=np.array([1]), costs_cents=np.array([2]))
    assert offer.available_on(TODAY) is offer
    assert offer.asset(0) == FlexibilityAsset(code="A", name="A", volume_kw=1, cost_cents=2)


def test_the_columns_of_an_offer_are_equally_long():
    with pytest.raises(ValueError, match="equally long"):
        Offer(codes=["A"], names=[], volumes_kw=np.array([1]), costs_cents=np.array([1]), availability=[None])


def test_an_asset_shows_itself_as_the_flexcity_test_does():
    assert chosen_asset(BOILER) == {
        "code": "B",
        "name": "Boiler",
        "price": 10.01,
        "availability": ["2026-11-20", "2026-11-21"],
        "volume": 50,
    }
    assert chosen_asset(CHILLER)["availability"] is None  # every day, as in an offer


def test_a_plan_names_the_cheapest_assets_in_the_order_of_the_offer():
    plan = plan_activation(Offer.of([PUMP, BOILER, CHILLER]), 70)
    assert plan.assets == (PUMP, CHILLER)
    assert answer_of(plan) == {
        "volume": 70,
        "cost": 13,
        "lower_bound": 13,
        "optimal": True,
        "engine": "exact",
        "assets": ["P", "C"],
    }


def test_a_plan_by_another_engine_claims_only_what_is_proved():
    # Greedy takes the pump and the chiller per kW first, then needs the boiler, and keeps boiler and pump: 15.01 €.
    document = answer_of(plan_activation(Offer.of([PUMP, BOILER, CHILLER]), 75, engine="greedy"))
    assert document["engine"] == "greedy"
    assert document["lower_bound"] <= document["cost"]
    assert not document["optimal"]


def test_a_plan_says_what_is_missing():
    with pytest.raises(VolumeNotAvailable) as caught:
        plan_activation(Offer.of([PUMP]).available_on(TODAY), 10)
    assert caught.value.details == {"target_kw": 10, "available_kw": 0, "missing_kw": 10}


@pytest.mark.parametrize("cents", [0, 1, 10, 99, 3_667_365, 10**15 - 1, 10**17])
def test_euros_show_every_cent(cents):
    assert Decimal(json.dumps(euros(cents))) == Decimal(cents) / 100


def test_a_plan_is_written_exactly_whatever_its_size():
    plan = ActivationPlan(
        assets=(BOILER,),
        volume_kw=50,
        cost_cents=12345678901234567890123,
        lower_bound_cents=5,
        is_optimal=False,
        engine="exact",
    )
    document = json.loads(answer_text(plan).decode(), parse_float=Decimal)
    assert document["cost"] == Decimal("123456789012345678901.23")
    assert document["lower_bound"] == Decimal("0.05")
    assert {name: value for name, value in document.items() if name not in {"cost", "lower_bound"}} == {
        "volume": 50,
        "optimal": False,
        "engine": "exact",
        "assets": ["B"],
    }


def test_a_generated_offer_has_the_distribution_of_the_flexcity_test():
    offer = generate_offer(count=30_000, total_kw=10_000_000, seed=1, base_price_factor=2.0, today=TODAY)
    volumes = offer.volumes_kw
    assert volumes.sum() == pytest.approx(10_000_000, rel=0.001)
    # On average 0.5·55 + 0.45·550.5 + 0.05·3000.5 = 425.25 kW before scaling, 333.3 after.
    scale = 333.33 / 425.25
    assert np.mean(volumes <= 100.5 * scale) == pytest.approx(0.5, abs=0.02)
    assert np.mean(volumes > 1000.5 * scale) == pytest.approx(0.05, abs=0.01)
    assert volumes.max() <= 5000 * scale * 1.03
    prices = offer.costs_cents / volumes / 100
    large = volumes > 100
    assert prices[large].min() == pytest.approx(1.0, abs=0.01)
    assert prices[large].max() == pytest.approx(3.0, abs=0.02)
    assert prices[large].mean() == pytest.approx(2.0, abs=0.02)
    assert set(offer.availability or ()) == {(YESTERDAY,), (TODAY,), (TOMORROW,)}
    assert len(offer.available_on(TODAY)) == pytest.approx(10_000, rel=0.05)
    assert len(set(offer.codes)) == 30_000


def test_the_seed_decides_the_offer():
    first, again, other = (generate_offer(count=100, seed=seed, today=TODAY) for seed in (5, 5, 6))
    assert first.volumes_kw.tolist() == again.volumes_kw.tolist()
    assert first.costs_cents.tolist() == again.costs_cents.tolist()
    assert first.volumes_kw.tolist() != other.volumes_kw.tolist()


def test_the_smallest_asset_has_a_kilowatt_and_costs_a_euro():
    offer = generate_offer(count=1000, total_kw=1, today=TODAY, base_price_factor=0.0)
    assert offer.volumes_kw.min() == 1
    assert set(offer.costs_cents.tolist()) == {100}


def test_a_generator_that_cannot_work_is_refused_by_every_setting():
    with pytest.raises(Refused) as caught:
        generate_offer(count=0, total_kw=0, seed=-1, base_price_factor=float("nan"), today=TODAY)
    assert [fault.field for fault in caught.value.faults] == ["count", "total_kw", "seed", "base_price_factor"]
