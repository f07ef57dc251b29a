from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.production.filling.reachable_loads import (
    LoadSet,
    loads_of,
    no_plant,
    power_options,
    shed_options,
)
from energy_manager.domain.production.stopwatch import Stopwatch

AT_LEISURE = Stopwatch(None)
RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)).map(lambda pair: (pair[0], sum(pair))), max_size=7)


def loads(ranges, ceiling: int) -> LoadSet:
    return loads_of((power_options(low, high) for low, high in ranges), ceiling=ceiling, watch=AT_LEISURE)


def members(loads: LoadSet, ceiling: int) -> set[int]:
    return {load for load in range(ceiling + 1) if load in loads}


def sums(ranges, ceiling: int) -> set[int]:
    totals = {0}
    for low, high in ranges:
        totals |= {total + power for total in totals for power in range(low, high + 1) if total + power <= ceiling}
    return totals


@given(ranges=RANGES, ceiling=st.integers(0, 300))
def test_reachable_loads_are_all_sums_up_to_the_ceiling(ranges, ceiling):
    reachable = loads(ranges, ceiling)
    assert members(reachable, ceiling) == sums(ranges, ceiling)
    assert {load for load in range(ceiling + 1) if reachable.bits >> load & 1} == sums(ranges, ceiling)


@given(ranges=RANGES)
def test_sheds_are_what_is_missing_to_the_sum_of_all_highs(ranges):
    total = sum(high for _, high in ranges)
    sheds = loads_of((shed_options(low, high) for low, high in ranges), ceiling=total, watch=AT_LEISURE)
    assert members(sheds, total) == {total - load for load in sums(ranges, total)}


@given(ranges=RANGES, low=st.integers(0, 300), width=st.integers(0, 300))
def test_the_least_and_the_greatest_load_of_a_window(ranges, low, width):
    reachable = loads(ranges, 600)
    totals = sums(ranges, 600)
    within = [load for load in totals if low <= load <= low + width]
    assert reachable.least(low, low + width) == min(within, default=None)
    assert reachable.greatest(low) == max(load for load in totals if load <= low)


EVEN_SIZES = [(2 << power, 2 << power) for power in range(10)]


def test_many_scattered_loads_are_held_as_bits():
    even = loads(EVEN_SIZES, 2000)
    assert even.size_bytes == 250
    assert members(even, 2000) == set(range(0, 2001, 2))
    assert even.least(1, 1) is None
    assert even.greatest(1999) == 1998
    assert members(even.plus(power_options(1, 1), AT_LEISURE), 2000) == set(range(2001))
    assert members(even.plus(power_options(1995, 1997), AT_LEISURE), 2000) == {*range(0, 2001, 2), 1995, 1997, 1999}


def test_a_plant_that_adds_nothing_new_leaves_the_very_same_set():
    few = no_plant(ceiling=10).plus(power_options(0, 10), AT_LEISURE)
    assert few.plus(power_options(2, 4), AT_LEISURE) is few
    assert few.plus(power_options(11, 12), AT_LEISURE) is few
    many = loads(EVEN_SIZES, 2000)
    assert many.plus(power_options(2001, 3000), AT_LEISURE) is many
    assert many.plus(power_options(4, 4), AT_LEISURE) is many
