"""A meter whose word is some ticks old, a storage that ramps, values in coarse steps: the law does not overshoot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.peak_shaving.grid_limit import GridLimitMemory, GridLimitSettings, PccReading, decide
from energy_manager.domain.peak_shaving.grid_limit.readings import Rounds
from tests.support.thorough import sample

LIMITS = GridLimitSettings(
    import_limit_kw=5.0, export_limit_kw=2.0, max_charge_kw=12.0, max_discharge_kw=12.0, tick_s=2.0
)
MARGIN_KW = 0.1
FIRST, BACK, AGAIN, END = 5, 100, 190, 260
"""Ticks: an event, its end, another one, and the end of it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """By how many ticks the words of meter and storage are late; what the storage can change in a tick; the grain."""

    meter_late: int = 0
    storage_late: int = 0
    ramp_kw: float = 99.0
    grain_kw: float = 0.001


def course_of(plant: Plant, base_kw: float) -> list[float]:
    """What the PCC carries (import) at each tick while twice for a while the base is this and else 0."""
    memory, charge, target = GridLimitMemory(), 0.0, 0.0
    said_imports, said_charges, imports = [], [], []
    for tick in range(END):
        charge += max(-plant.ramp_kw, min(plant.ramp_kw, target - charge))
        imports.append(charge + (base_kw if FIRST <= tick < BACK or tick >= AGAIN else 0.0))
        said_imports.append(round(imports[-1] / plant.grain_kw) * plant.grain_kw)
        said_charges.append(round(charge / plant.grain_kw) * plant.grain_kw)
        reading = PccReading(
            at_s=2.0 * tick,
            import_kw=said_imports[max(0, tick - plant.meter_late)],
            charge_kw=said_charges[max(0, tick - plant.storage_late)],
        )
        decision = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=2.0 * tick)
        memory, target = decision.memory, decision.target_kw
    return imports


@settings(max_examples=sample(100), deadline=None)
@given(
    st.builds(
        Plant,
        meter_late=st.integers(0, 3),
        ramp_kw=st.sampled_from([1.0, 2.0, 4.0, 99.0]),
        grain_kw=st.sampled_from([0.001, 0.1, 0.5]),
    ),
    st.floats(min_value=4.0, max_value=10.0),
    st.sampled_from([-1, 1]),
)
def test_the_limit_is_reached_without_going_further_than_it_takes(plant, size_kw, sign):
    imports = course_of(plant, sign * (size_kw + (LIMITS.import_limit_kw if sign > 0 else 0.0)))
    limit_kw = LIMITS.import_limit_kw if sign > 0 else LIMITS.export_limit_kw
    inside = [limit_kw - sign * import_kw for import_kw in imports]
    must_move_kw = size_kw if sign > 0 else size_kw - LIMITS.export_limit_kw
    takes = 1 + plant.meter_late + math.ceil((must_move_kw + MARGIN_KW) / plant.ramp_kw)
    tolerated = MARGIN_KW + 2 * plant.grain_kw + 0.05  # what is left of a trim fades
    # The first event may show the skew: it goes too far once and comes back, a minute for the whole power.
    assert max(map(abs, inside[FIRST + takes + 50 : BACK])) <= tolerated + 0.5
    # From then on it is known, and the limit is reached as soon as can be and kept to.
    assert max(map(abs, inside[AGAIN + takes :])) <= tolerated
    first_inside = next(tick for tick in range(AGAIN, END) if inside[tick] >= -2 * plant.grain_kw)
    assert first_inside <= AGAIN + takes


@pytest.mark.no_cover
@pytest.mark.parametrize("late", [1, 2, 3])
@pytest.mark.parametrize("ramp_kw", [1.0, 99.0])
def test_a_storage_whose_word_is_late_settles_as_well(late, ramp_kw):
    imports = course_of(Plant(storage_late=late, ramp_kw=ramp_kw), -9.0)
    last = imports[AGAIN + 20 :]
    assert max(last) - min(last) <= 1.5
    assert all(-LIMITS.export_limit_kw <= import_kw <= -LIMITS.export_limit_kw + 1.6 for import_kw in last)


def rounds_of(imports, charges, *, skew=0):
    rounds = Rounds(skew=skew)
    for import_kw, charge_kw in zip(imports, charges, strict=True):
        reading = PccReading(at_s=0.0, import_kw=import_kw, charge_kw=charge_kw)
        rounds = rounds.after(reading, is_next=True, least_kw=0.5)
    return rounds


RAMPS = st.lists(st.floats(min_value=0.0, max_value=5.0), min_size=20, max_size=20)


@given(RAMPS, RAMPS, st.integers(min_value=0, max_value=15))
def test_a_load_that_only_rises_speaks_for_no_skew_once_the_storage_rests(rises, moves, rests_from):
    base, charge, bases, charges = 0.0, 0.0, [], []
    for tick, (rise, move) in enumerate(zip(rises, moves, strict=True)):
        base += rise
        charge -= move if tick == rests_from else 0.0
        bases.append(base)
        charges.append(charge)
    imports = [base + charge for base, charge in zip(bases, charges, strict=True)]
    rounds = rounds_of(imports, charges)
    assert rounds.skew == 0
    assert rounds.base_kw == pytest.approx(bases[-1])


@pytest.mark.parametrize("skew", range(-3, 4))
def test_the_skew_is_seen_when_the_storage_rests_after_its_move(skew):
    charges = [0.0] * 8 + [6.0] * 12
    place = 8 + skew
    imports = [1.0] * place + [7.0] * (20 - place)
    rounds = rounds_of(imports, charges)
    assert rounds.skew == skew
    assert rounds.base_kw == 1.0


def test_readings_after_a_gap_begin_a_new_row_and_the_skew_stays():
    rounds = rounds_of([1.0] * 10 + [7.0] * 10, [0.0] * 8 + [6.0] * 12)
    assert rounds.skew == 2
    after_gap = rounds.after(PccReading(at_s=99.0, import_kw=3.0, charge_kw=1.0), is_next=False, least_kw=0.5)
    assert (after_gap.skew, after_gap.base_kw) == (2, 2.0)
