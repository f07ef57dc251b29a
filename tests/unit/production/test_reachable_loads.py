from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.production.cheapest.reachable_loads import LoadSet, loads_of, no_plant
from energy_manager.domain.production.cheapest.stopwatch import Stopwatch

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)).map(lambda pair: (pair[0], sum(pair))), max_size=7)


def members(loads: LoadSet, ceiling: int) -> set[int]:
    return {load for load in range(ceiling + 1) if load in loads}


def sums(ranges, ceiling: int) -> set[int]:
    totals = {0}
    for low, high in ranges:
        totals |= {total + power for total in totals for power in range(low, high + 1) if total + power <= ceiling}
    return totals


@given(ranges=RANGES, ceiling=st.integers(0, 300))
def test_reachable_loads_are_all_sums_up_to_the_ceiling(ranges, ceiling):
    reachable = loads_of(ranges, ceiling=ceiling, watch=Stopwatch(None))
    assert members(reachable, ceiling) == sums(ranges, ceiling)


@given(ranges=RANGES, low=st.integers(0, 300), width=st.integers(0, 300))
def test_the_least_and_the_greatest_load_of_a_window(ranges, low, width):
    reachable = loads_of(ranges, ceiling=600, watch=Stopwatch(None))
    totals = sums(ranges, 600)
    assert reachable.least(low, low + width) == min(
        (load for load in totals if low <= load <= low + width), default=None
    )
    assert reachable.greatest(low) == max(load for load in totals if load <= low)


EVEN_SIZES = [(2 << power, 2 << power) for power in range(10)]


def test_many_scattered_loads_are_held_as_bits():
    even = loads_of(EVEN_SIZES, ceiling=2000, watch=Stopwatch(None))
    assert even.size_bytes == 250
    assert members(even, 2000) == set(range(0, 2001, 2))
    assert even.least(1, 1) is None
    assert even.greatest(1999) == 1998
    assert members(even.plus(1, 1), 2000) == set(range(2001))
    assert members(even.plus(1995, 1997), 2000) == {*range(0, 2001, 2), 1995, 1997, 1999}


def test_a_plant_that_adds_nothing_new_leaves_the_very_same_set():
    few = no_plant(ceiling=10).plus(0, 10)
    assert few.plus(2, 4) is few
    assert few.plus(11, 12) is few
    many = loads_of(EVEN_SIZES, ceiling=2000, watch=Stopwatch(None))
    assert many.plus(2001, 3000) is many
    assert many.plus(4, 4) is many
