"""The remainder bound is what trying all remainders of all powers gives."""

from decimal import Decimal
from random import Random

import pytest

from energy_manager.domain.production import WindMode
from energy_manager.domain.production.filling.fill import fill
from energy_manager.domain.production.merit_order import merit_order
from energy_manager.domain.production.search.remainders import Remainders, shared_modulus
from energy_manager.domain.production.stopwatch import Stopwatch
from tests.oracles.production_fleets import FUELS, gappy, plant
from tests.support.documents import read_production


def filled(document):
    request = read_production(document)
    order = merit_order(request.plants, request.fuels, co2=True, wind=WindMode.ON_OFF)
    return fill(order, int(request.load_mw * 10))


def fleet(load, *ranges):
    plants = [plant(f"p{place}", "gasfired", "0.5", *limits) for place, limits in enumerate(ranges)]
    return {"load": load, "fuels": FUELS, "powerplants": plants}


@pytest.mark.parametrize("seed", range(30))
def test_settling_and_leaving_are_the_least_over_all_powers(seed):
    of = filled(gappy(Random(seed)))
    order, modulus = of.order, 7
    remainders = Remainders(of, modulus, Stopwatch(None))
    least_rate = [max(0, abs(key - order.keys[of.margin]) - 1) for key in order.keys]
    default = [high if place < of.margin else 0 for place, high in enumerate(order.highs)]
    deviations = [
        {power - default[place] for power in (0, *range(order.lows[place], order.highs[place] + 1))}
        for place in range(len(order.keys))
    ]

    def widened(least, place, sign):
        sums: dict[int, int] = {}
        for remainder, excess in least.items():
            for deviation in deviations[place]:
                total = excess + least_rate[place] * abs(deviation)
                reached = (remainder + sign * deviation) % modulus
                sums[reached] = min(total, sums.get(reached, total))
        return sums

    settling = {0: 0}
    for place in reversed(range(len(order.keys))):
        settling = widened(settling, place, 1)
        got = remainders.settling[place]
        assert {r: excess for r, excess in enumerate(got) if excess < remainders.never} == settling
    leaving = {of.short % modulus: 0}
    for place in range(len(order.keys)):
        leaving = widened(leaving, place, -1)
        got = remainders.leaving[place + 1]
        assert {r: excess for r, excess in enumerate(got) if excess < remainders.never} == leaving


def test_even_powers_share_two():
    of = filled(fleet(Decimal("2.5"), *[(size, size) for size in map(Decimal, ("0.4", "0.6", "1.0", "1.1"))]))
    assert shared_modulus(of) == 2


def test_plants_of_one_size_share_that_size_though_others_do_not():
    of = filled(fleet(30, *[(Decimal("9.5"), Decimal("9.7"))] * 8, (3, 5), (Decimal("1.3"), Decimal("1.3"))))
    assert shared_modulus(of) == 97


def test_plants_with_wide_ranges_share_nothing():
    assert shared_modulus(filled(fleet(30, (10, 20), (10, 30)))) == 1


def test_a_modulus_too_large_to_follow_is_divided(monkeypatch):
    of = filled(fleet(30, *[(10, 10)] * 8, *[(Decimal("0.1"), Decimal("0.1"))] * 3))
    assert shared_modulus(of) == 100
    monkeypatch.setattr("energy_manager.domain.production.search.remainders._MOST_ENTRIES", 99)
    assert shared_modulus(of) == 25
    monkeypatch.setattr("energy_manager.domain.production.search.remainders._MOST_ENTRIES", 2)
    assert shared_modulus(of) == 1
