"""The fast loop's law, tick by tick: 50 kW of import, 20 kW of export, a storage of 30 kW, a tick of 2 s, no noise."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.peak_shaving.grid_limit import (
    GridLimitDecision,
    GridLimitMemory,
    GridLimitSettings,
    PccReading,
    decide,
)
from tests.support.thorough import sample

LIMITS = GridLimitSettings(
    import_limit_kw=50.0,
    export_limit_kw=20.0,
    max_charge_kw=30.0,
    max_discharge_kw=30.0,
    tick_s=2.0,
    meter_sigma_kw=0.0,
)


def ticks(*bases: float | None, law=LIMITS, scheduled=0.0, memory=None, begin_s=0.0, stored=None):
    """Decisions for a base at each tick (None: nothing could be read), the storage doing at once what it is told."""
    memory = memory or GridLimitMemory()
    decisions: list[GridLimitDecision] = []
    for tick, base in enumerate(bases):
        now_s = begin_s + law.tick_s * tick
        charge = memory.target_kw
        reading = None
        if base is not None:
            reading = PccReading(at_s=now_s, import_kw=base + charge, charge_kw=charge, stored_kwh=stored)
        decisions.append(decide(law, memory, reading, scheduled_kw=scheduled, now_s=now_s))
        memory = decisions[-1].memory
    return decisions


def targets(*bases: float | None, **how):
    return [decision.target_kw for decision in ticks(*bases, **how)]


def test_the_schedule_is_followed_while_the_limits_leave_room():
    (decision,) = ticks(30.0, scheduled=12.0)
    assert (decision.target_kw, decision.reason, decision.shortfall_kw) == (12.0, "schedule", 0.0)


def test_too_much_import_is_discharged_at_once_down_to_the_margin():
    decision = ticks(30.0, 60.0)[-1]
    # 10 kW beyond the limit and half a kW of margin; nothing more while the storage has not shown that it does less.
    assert decision.target_kw == pytest.approx(-10.5)
    assert decision.reason == "import limit"


def test_too_much_feed_in_is_charged_at_once():
    decision = ticks(0.0, -30.0)[-1]
    assert decision.target_kw == pytest.approx(10.4)
    assert decision.reason == "export limit"


def test_a_charging_schedule_is_cut_before_the_limit_is_broken():
    assert targets(45.0, scheduled=20.0) == [pytest.approx(4.5)]


def test_what_the_storage_cannot_do_is_told():
    decision = ticks(30.0, 90.0)[-1]
    assert decision.target_kw == -30.0
    assert decision.shortfall_kw == pytest.approx(40.0 + 0.5 - 30.0)


def test_the_way_back_waits_ten_seconds_and_then_takes_a_minute_for_the_whole_power():
    back = targets(60.0, *[30.0] * 30)
    begin = back[0]
    assert back[1:6] == [begin] * 5  # room since 2 s: held until 12 s
    assert back[6] == pytest.approx(begin + 1.0)  # 30 kW in 60 s is 1 kW a tick
    assert back[7] == pytest.approx(begin + 2.0)
    assert back[-1] == 0.0


def test_a_restless_load_does_not_move_the_storage_to_and_fro():
    swinging = targets(60.0, *[55.0, 60.0] * 20)
    assert swinging == [-10.5] * 41


def test_a_new_schedule_is_followed_at_once_when_no_limit_is_in_the_way():
    memory = ticks(30.0, scheduled=0.0)[-1].memory
    assert targets(30.0, scheduled=15.0, memory=memory, begin_s=2.0) == [15.0]


def test_a_schedule_that_comes_to_where_the_storage_is_is_followed_at_once():
    memory = ticks(60.0)[-1].memory
    decision = ticks(60.0, scheduled=-25.0, memory=memory, begin_s=2.0)[-1]
    assert (decision.target_kw, decision.memory.deviates, decision.reason) == (-25.0, 0, "schedule")


def test_limits_that_contradict_each_other_are_missed_equally():
    narrow = replace(LIMITS, import_limit_kw=0.0, export_limit_kw=0.0)
    assert targets(7.0, law=narrow) == [-7.0]
    assert ticks(7.0, law=narrow)[-1].reason == "import limit"


def test_a_missing_reading_holds_the_target_and_then_makes_it_safe():
    held = ticks(60.0, *[None] * 40)
    begin = held[0].target_kw
    assert [decision.reason for decision in held[4:7]] == ["held"] * 3  # more than 3 ticks old
    assert {decision.target_kw for decision in held[:7]} == {begin}
    assert held[7].reason == "safe"
    assert held[7].target_kw == pytest.approx(begin + 1.0)
    assert held[-1].target_kw == 0.0


def test_without_a_meter_the_storage_never_does_more_than_was_last_right():
    memory = ticks(30.0, scheduled=5.0)[-1].memory
    blind = targets(*[None] * 30, scheduled=25.0, memory=memory, begin_s=8.0)
    assert max(blind) == 5.0
    reverse = targets(*[None] * 60, scheduled=-25.0, memory=memory, begin_s=8.0)
    assert min(reverse) == 0.0


def blind(memory, *besides, begin_s, scheduled=0.0, law=LIMITS):
    """Decisions while the meter is missing and the others (the sun) deliver so much."""
    decisions = []
    for tick, beside_kw in enumerate(besides):
        now_s = begin_s + law.tick_s * tick
        reading = PccReading(at_s=now_s, import_kw=None, charge_kw=memory.target_kw, beside_kw=beside_kw)
        decisions.append(decide(law, memory, reading, scheduled_kw=scheduled, now_s=now_s))
        memory = decisions[-1].memory
    return decisions


def sunny(*suns, load=5.0, law=LIMITS):
    """The memory after readings of meter, storage and sun."""
    memory = GridLimitMemory()
    for tick, sun in enumerate(suns):
        charge, now_s = memory.target_kw, law.tick_s * tick
        reading = PccReading(at_s=now_s, import_kw=load - sun + charge, charge_kw=charge, beside_kw=sun)
        memory = decide(law, memory, reading, scheduled_kw=0.0, now_s=now_s).memory
    return memory


def test_while_the_meter_is_missing_what_the_sun_gives_more_is_charged():
    memory = sunny(24.0, 24.0)
    assert memory.target_kw == 0.0
    told = [decision.target_kw for decision in blind(memory, 28.0, 27.0, 32.0, 31.0, 36.0, begin_s=4.0)]
    # 5 kW of load and 19.6 kW of export: what the sun gives beyond 24.6 kW, also when the reading is old.
    assert told == [pytest.approx(most - 24.6) for most in (28.0, 28.0, 32.0, 32.0, 36.0)]


def test_while_the_meter_is_missing_what_the_sun_gives_less_is_not_bought_beyond_the_import_limit():
    memory = sunny(60.0, 60.0, load=30.0)
    assert memory.target_kw == pytest.approx(10.4), "for the export limit"
    told = [decision.target_kw for decision in blind(memory, 20.0, 20.0, 0.0, 5.0, 0.0, begin_s=4.0)]
    # Ten seconds of room must pass before it returns, and the import limit allows 19.5 kW.
    assert told == [pytest.approx(10.4)] * 5
    memory = sunny(60.0, 60.0, load=45.0, law=replace(LIMITS, export_limit_kw=0.0))
    assert memory.target_kw == pytest.approx(15.0)
    assert blind(memory, 0.0, begin_s=4.0)[0].target_kw == pytest.approx(4.5)


def test_a_sun_that_says_nothing_any_more_counts_as_unchanged():
    memory = sunny(24.0, 24.0)
    assert [decision.target_kw for decision in blind(memory, 28.0, None, begin_s=4.0)] == [pytest.approx(3.4)] * 2


def test_what_the_sun_said_counts_from_the_meters_last_word_on():
    memory = blind(sunny(24.0, 24.0), 28.0, begin_s=4.0)[-1].memory
    reading = PccReading(at_s=6.0, import_kw=5.0 - 27.0 + 3.4, charge_kw=3.4, beside_kw=27.0)
    memory = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=6.0).memory
    assert blind(memory, 34.0, begin_s=8.0)[0].target_kw == pytest.approx(34.0 - 24.6)


def test_long_after_the_meters_last_word_the_storage_is_made_safe_whatever_the_sun_says():
    last = blind(sunny(30.0, 30.0), *[30.0] * 12, begin_s=4.0)
    assert [decision.reason for decision in last[:6]] == ["export limit"] * 3 + ["held"] * 3
    assert [decision.reason for decision in last[6:]] == ["safe"] * 6
    assert [decision.target_kw for decision in last[5:8]] == [pytest.approx(kw) for kw in (5.4, 4.4, 3.4)]


def test_a_sun_that_rises_from_tick_to_tick_is_met_where_it_will_be():
    told, memory = [], sunny(20.0, 20.0)
    for tick, sun in enumerate((22.0, 24.0, 26.0, 26.0, 26.0), 2):
        reading = PccReading(
            at_s=2.0 * tick, import_kw=5.0 - sun + memory.target_kw, charge_kw=memory.target_kw, beside_kw=sun
        )
        decision = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=2.0 * tick)
        told.append(decision.target_kw)
        memory = decision.memory
    # 2 kW a tick, seen twice, so 3 kW more when the target acts; when it has ended that is given up at once.
    assert told == [0.0, pytest.approx(24.0 + 3.0 - 24.6), pytest.approx(26.0 + 3.0 - 24.6), *[pytest.approx(1.4)] * 2]


def test_a_sun_that_jumps_once_or_flickers_foretells_nothing():
    told, memory = [], sunny(20.0, 20.0)
    for tick, sun in enumerate((26.0, 26.0, 28.0, 26.0, 28.0), 2):
        reading = PccReading(
            at_s=2.0 * tick, import_kw=5.0 - sun + memory.target_kw, charge_kw=memory.target_kw, beside_kw=sun
        )
        decision = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=2.0 * tick)
        told.append(decision.target_kw)
        memory = decision.memory
    assert told == [pytest.approx(kw) for kw in (1.4, 1.4, 3.4, 3.4, 3.4)]


def test_before_the_first_reading_the_storage_rests():
    assert targets(None, None, scheduled=20.0) == [0.0, 0.0]


def test_when_the_meter_comes_back_the_limit_is_kept_at_once():
    memory = ticks(30.0, *[None] * 20, scheduled=10.0)[-1].memory
    assert targets(70.0, scheduled=10.0, memory=memory, begin_s=60.0)[0] < -20.0


def test_a_storage_that_rests_though_the_limit_is_exceeded_is_helped_by_a_trim_and_one_that_moves_is_not():
    moving, resting = GridLimitMemory(), GridLimitMemory()
    for tick in range(4):
        for_moving = PccReading(at_s=2.0 * tick, import_kw=70.0 - 3.0 * tick, charge_kw=-3.0 * tick)
        moving = decide(LIMITS, moving, for_moving, scheduled_kw=0.0, now_s=2.0 * tick).memory
        for_resting = PccReading(at_s=2.0 * tick, import_kw=60.0, charge_kw=0.0)
        resting = decide(LIMITS, resting, for_resting, scheduled_kw=0.0, now_s=2.0 * tick).memory
    assert moving.trim_kw == 0.0
    # At rest since the first reading: 0.05/s x 10 kW x 2 s at each but that.
    assert resting.trim_kw == pytest.approx(3.0)


def test_a_storage_that_is_slow_on_its_way_is_told_more_until_a_tick_brings_it_there():
    memory, told = GridLimitMemory(), []
    for tick, charge in enumerate((0.0, -2.5, -5.5, -8.5, -10.5, -10.5)):
        reading = PccReading(at_s=2.0 * tick, import_kw=60.0 + charge, charge_kw=charge)
        decision = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=2.0 * tick)
        memory = decision.memory
        told.append(decision.target_kw)
    # Half of the 8 and 5 kW that it still lacks on top; then it lacks less than it moves in a tick.
    assert told == [pytest.approx(kw) for kw in (-10.5, -14.5, -13.0, -10.5, -10.5, -10.5)]


@given(
    st.floats(min_value=0.1, max_value=20.0),
    st.floats(min_value=0.5, max_value=60.0),
    st.sampled_from([-1, 1]),
)
def test_no_storage_without_dead_time_is_pushed_too_far(lag_s, ramp_kw, sign):
    memory, charge, trim_kw = GridLimitMemory(), 0.0, 0.0
    for tick in range(40):
        now_s = 2.0 * tick
        reading = PccReading(at_s=now_s, import_kw=(60.0 if sign > 0 else -30.0) + charge, charge_kw=charge)
        decision = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=now_s)
        memory = decision.memory
        move = (decision.target_kw - charge) * (1.0 - math.exp(-2.0 / lag_s))
        charge += min(max(move, -ramp_kw), ramp_kw)
        trim_kw = max(trim_kw, abs(memory.trim_kw))
        assert abs(charge) <= 10.5 + 1e-9 + trim_kw
    assert trim_kw <= 1.0, "a storage that lags by 20 s hardly moves at its end, which is like rest"


def test_a_reading_that_is_repeated_does_not_wind_up_the_trim():
    memory = GridLimitMemory()
    for tick in range(6):
        reading = PccReading(at_s=2.0 * min(tick, 1), import_kw=60.0, charge_kw=0.0)
        memory = decide(LIMITS, memory, reading, scheduled_kw=0.0, now_s=2.0 * tick).memory
    assert memory.trim_kw == pytest.approx(1.0)


def test_the_trim_is_bounded_and_fades():
    stubborn = GridLimitMemory()
    for tick in range(60):
        reading = PccReading(at_s=2.0 * tick, import_kw=60.0, charge_kw=0.0)
        stubborn = decide(LIMITS, stubborn, reading, scheduled_kw=0.0, now_s=2.0 * tick).memory
    assert stubborn.trim_kw == pytest.approx(6.0)  # a fifth of 30 kW
    faded = ticks(*[0.0] * 30, memory=stubborn, begin_s=120.0)[-1].memory
    assert faded.trim_kw == pytest.approx(6.0 * math.exp(-1.0))


def test_the_way_back_ends_inside_the_limit_whatever_the_trim_of_the_other():
    exporting = ticks(0.0, *[-40.0] * 5)
    back = targets(*[45.0] * 60, scheduled=20.0, memory=exporting[-1].memory, begin_s=12.0)
    assert max(back) <= 4.5, "45 kW and what is charged stay half a kW below the limit of 50 kW"


def test_the_way_back_never_leads_away_from_the_schedule():
    # Feed-in first leaves room down to 20.5 kW, then import presses the charge to 19.5 kW: from there it only falls.
    exporting = ticks(*[-41.0] * 3, -40.0, -40.0)
    back = targets(*[30.0] * 60, memory=exporting[-1].memory, begin_s=10.0)
    assert back[0] <= 19.5
    assert all(after <= before for before, after in pairwise(back))
    assert back[-1] == 0.0


def test_an_almost_empty_storage_slows_down_before_it_is_empty():
    law = replace(LIMITS, min_kwh=10.0, capacity_kwh=100.0)
    # 0.02 kWh above the least: 12 kW for three ticks.
    assert targets(90.0, law=law, stored=10.02) == [pytest.approx(-12.0)]
    assert targets(90.0, law=law, stored=10.0) == [0.0]
    assert targets(90.0, law=law, stored=9.0) == [0.0]
    assert targets(-90.0, law=law, stored=100.0) == [0.0]
    assert targets(90.0, law=law, stored=50.0) == [-30.0]


def test_a_storage_that_should_tell_its_energy_and_does_not_is_not_used():
    assert targets(90.0, law=replace(LIMITS, min_kwh=10.0, capacity_kwh=100.0), stored=None) == [0.0]


def test_the_ramp_bounds_the_change_from_tick_to_tick():
    assert targets(90.0, 90.0, law=replace(LIMITS, ramp_kw_per_s=2.0)) == [-4.0, -8.0]


def test_the_margin_is_two_percent_of_a_small_limit_so_that_a_load_below_it_needs_no_storage():
    small = replace(LIMITS, import_limit_kw=2.5, export_limit_kw=1.0)
    assert targets(2.4, law=small) == [0.0]
    assert targets(2.4, law=small, scheduled=1.0) == [pytest.approx(2.5 * 0.98 - 2.4)]
    assert targets(-0.9, law=small, scheduled=-1.0) == [pytest.approx(0.9 - 1.0 * 0.98)]


def test_the_margin_can_be_set_whatever_the_noise():
    law = replace(LIMITS, margin_kw=2.0, meter_sigma_kw=5.0)
    assert targets(40.0, law=law, scheduled=20.0) == [8.0]
    assert targets(40.0, law=replace(law, margin_kw=0.0), scheduled=20.0) == [10.0]
    with pytest.raises(Refused, match="margin_kw"):
        replace(LIMITS, margin_kw=-1.0)


def test_a_noisy_meter_widens_the_margin():
    quiet = targets(60.0)[0]
    assert targets(60.0, law=replace(LIMITS, meter_sigma_kw=1.0))[0] == pytest.approx(quiet - 2.0)


def test_the_noise_of_the_meter_is_estimated_when_it_is_not_given():
    law = replace(LIMITS, meter_sigma_kw=None)
    swinging = ticks(*[30.0, 30.4] * 100, law=law)[-1].memory
    assert swinging.jump_kw == pytest.approx(0.4, rel=0.1)
    resting = ticks(*[30.0] * 100, law=law, memory=swinging, begin_s=400.0)[-1].memory
    assert resting.jump_kw < 0.05


@pytest.mark.parametrize(
    "reading",
    [
        PccReading(at_s=2.0, import_kw=math.nan, charge_kw=0.0),
        PccReading(at_s=2.0, import_kw=60.0, charge_kw=math.inf),
        PccReading(at_s=2.0, import_kw=None, charge_kw=0.0),
        PccReading(at_s=2.0, import_kw=60.0, charge_kw=None),
        PccReading(at_s=2.0, import_kw=1e300, charge_kw=0.0),
        PccReading(at_s=math.nan, import_kw=60.0, charge_kw=0.0),
        PccReading(at_s=99.0, import_kw=60.0, charge_kw=0.0),
        PccReading(at_s=-1.0, import_kw=60.0, charge_kw=0.0),
    ],
)
def test_nonsense_is_no_reading(reading):
    memory = ticks(30.0, scheduled=10.0)[-1].memory
    decision = decide(LIMITS, memory, reading, scheduled_kw=10.0, now_s=2.0)
    assert decision.target_kw == 10.0
    assert decision.memory.reading == memory.reading


def test_a_schedule_that_is_no_number_counts_as_rest():
    memory = ticks(30.0, scheduled=10.0)[-1].memory
    assert targets(30.0, scheduled=math.nan, memory=memory, begin_s=2.0) == [0.0]


def test_settings_that_make_no_sense_are_refused_by_field():
    with pytest.raises(Refused) as refused:
        GridLimitSettings(
            import_limit_kw=-1.0,
            export_limit_kw=math.nan,
            max_charge_kw=1.0,
            max_discharge_kw=1.0,
            tick_s=0.0,
            ramp_kw_per_s=math.inf,
            min_kwh=5.0,
            capacity_kwh=1.0,
        )
    assert {fault.field for fault in refused.value.faults} == {
        "import_limit_kw",
        "export_limit_kw",
        "tick_s",
        "ramp_kw_per_s",
        "min_kwh",
    }


def test_the_memory_can_be_stored_and_replayed():
    decision = ticks(60.0, 30.0)[-1]
    assert pickle.loads(pickle.dumps(decision)) == decision


rough = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.floats(min_value=-200, max_value=200)


@settings(max_examples=sample(200), deadline=None)
@given(
    st.lists(st.tuples(rough, rough, st.floats(min_value=0.0, max_value=30.0)), max_size=25),
    st.floats(min_value=-200, max_value=200),
)
def test_the_target_is_always_a_power_that_the_storage_has(rounds, scheduled):
    memory, now_s = GridLimitMemory(), 0.0
    for import_kw, charge_kw, pause_s in rounds:
        now_s += pause_s
        reading = PccReading(at_s=now_s, import_kw=import_kw, charge_kw=charge_kw)
        decision = decide(LIMITS, memory, reading, scheduled_kw=scheduled, now_s=now_s)
        assert -30.0 <= decision.target_kw <= 30.0
        assert decision.shortfall_kw >= 0.0
        memory = decision.memory


@given(
    st.lists(st.tuples(st.integers(min_value=-70, max_value=90), st.integers(min_value=1, max_value=8)), max_size=12),
    st.floats(min_value=-30, max_value=30),
)
def test_whatever_happened_before_a_tick_the_target_brings_the_pcc_inside_both_limits(bases, scheduled):
    law = replace(LIMITS, max_charge_kw=60.0, max_discharge_kw=60.0)
    course = [float(base) for base, lasts in bases for _ in range(lasts)]
    for base, decision in zip(course, ticks(*course, law=law, scheduled=scheduled), strict=True):
        assert -19.6 - 1e-9 <= base + decision.target_kw <= 49.5 + 1e-9


def test_after_a_peak_the_storage_feeds_nothing_into_the_grid_once_the_hold_is_over():
    # 20 kW beyond the limit; then a load of 4 kW, of which the storage may cover all.
    told = targets(*[70.0] * 5, *[4.0] * 20)
    assert told[:10] == [-20.5] * 10, "held for ten seconds, in case the peak comes back"
    assert told[10:] == [-3.0, -2.0, -1.0, *[0.0] * 12]


def test_after_a_peak_of_feed_in_nothing_is_bought_for_the_storage_once_the_hold_is_over():
    told = targets(*[-40.0] * 5, *[-3.0] * 20)
    assert told[:10] == [20.4] * 10
    assert told[10:] == [pytest.approx(2.0), 1.0, *[0.0] * 13]


def test_a_storage_that_is_to_charge_comes_back_through_rest():
    # The load has gone: at once to rest, and from there slowly to the schedule.
    told = targets(*[70.0] * 5, *[0.0] * 12, scheduled=6.0)
    assert told[10:] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.0]
