"""Recorded ticks decided again: the same inputs give the same targets, and what if they had been others."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.application.explanation.replay import Replayed, replay
from energy_manager.application.explanation.what_if import what_if
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Bounds
from tests.support.recorded import tick
from tests.support.thorough import sample

FULL = ({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50})
HOLD = GridHold(storage="s", target=9, import_kw=52.5, reason="import limit")


def test_what_was_recorded_comes_out_again():
    ticks = [
        tick(*FULL),
        tick(*FULL, number=1, policy="follow_schedule"),
        tick({"s": -5, **FULL[0]}, FULL[1], number=2, hold=HOLD, idle=("idle",)),
        tick({}, {"a": 5}, number=3, idle=("a",), fault="gone"),
        tick({"ghost": 5, "a": 1}, {"a": 9}, number=4, untold=("ghost",)),
        tick(*FULL, number=5, bounds={"b": Bounds(lowest=0, highest=220), "idle": Bounds(lowest=5)}),
        tick(*FULL, number=6, bounds={"b": Bounds(lowest=0, highest=240)}),
    ]
    assert ticks[5].targets == {"a": 200, "b": 220, "c": 50, "idle": 5}
    assert replay(ticks) == Replayed(ticks=7, undecided=0, difference=None)
    assert replay(ticks).sentence() == "no difference in 7 ticks"


def test_a_tick_that_could_not_be_decided_told_everybody_zero():
    failed = tick({}, {}, idle=("a",), failure="a bug")
    assert replay([failed]).sentence() == "no difference in 1 tick; 1 of them could not be decided, and all were told 0"
    assert replay([replace(failed, targets={"a": 1})]).difference.replayed == 0


def test_the_first_difference_is_told_with_tick_asset_and_both_values():
    bad = replace(tick(*FULL, number=1), targets={"a": 200, "b": 251, "c": 50})
    replayed = replay([tick(*FULL), bad, bad])
    assert replayed.ticks == 2
    assert replayed.sentence() == (
        "tick 1, 2026-03-02 12:00:02.000 UTC: b was to deliver 251 kW, replayed it is to deliver 250 kW "
        "(1 tick before without a difference)"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shortfall": 7}, "the shortfall was 7 kW, replayed it is 0 kW"),
        ({"targets": {"a": 200, "b": 250}}, "c was nothing, replayed it is to deliver 50 kW"),
        ({"targets": {"a": 200, "b": 250, "c": 50, "idle": 3}}, "idle was to deliver 3 kW, replayed it is 0 kW"),
    ],
)
def test_every_kind_of_difference_is_found(changes, words):
    assert words in replay([replace(tick(*FULL), **changes)]).sentence()


def test_the_order_of_the_schedule_decides_ties_also_when_nothing_else_changed():
    first = tick({"a": 0, "b": 0, "c": 1}, {"a": 5, "b": 5})
    second = tick({"b": 0, "a": 0, "c": 1}, {"a": 5, "b": 5}, number=1)
    assert first.targets != second.targets
    assert replay([first, second]).difference is None


@pytest.mark.parametrize("policy", ["", "fair"])
def test_a_policy_that_nobody_knows_is_refused(policy):
    with pytest.raises(Refused, match="say which with --policy"):
        replay([replace(tick(*FULL), policy=policy)])


POWERS = st.dictionaries(st.sampled_from("abcdef"), st.integers(-20, 50), max_size=6)


@settings(max_examples=sample(60), deadline=None)
@given(st.lists(st.tuples(POWERS, POWERS, st.booleans(), st.sampled_from(["proportional", "follow_schedule"]))))
def test_any_day_replays_without_a_difference(day):
    ticks = [
        tick(
            scheduled,
            {name: abs(power) for name, power in potentials.items()},
            number=number,
            policy=policy,
            hold=HOLD if has_hold else None,
        )
        for number, (scheduled, potentials, has_hold, policy) in enumerate(day)
    ]
    assert replay(ticks).difference is None
    assert what_if(ticks, policy=None, limits={}).different == 0


def lines_of(ticks, *, policy=None, **limits):
    return [" ".join(line.split()) for line in what_if(ticks, policy=policy, limits=limits).lines()]


def hours(*ticks):
    """The ticks an hour apart, so that a kW is a kWh."""
    return [
        replace(entry, number=number, at=ticks[0].at + timedelta(hours=number)) for number, entry in enumerate(ticks)
    ]


def test_what_if_the_schedule_had_been_followed():
    fits = tick({"a": 10, "b": 0, "c": 50}, FULL[1])
    assert lines_of(hours(fits, tick(*FULL), tick(*FULL)), policy="follow_schedule") == [
        "3 ticks from 2026-03-02 12:00:00.000 UTC to 2026-03-02 14:00:00.000 UTC",
        "2 would have been decided differently; the first is tick 1, 2026-03-02 13:00:00.000 UTC",
        "",
        "energy, kWh as it was what if difference",
        "a 410.000 210.000 -200.000",
        "b 500.000 200.000 -300.000",
        "c 150.000 650.000 +500.000",
        "not delivered 0.000 500.000 +500.000",
    ]


def test_what_if_an_asset_could_deliver_less():
    # b at most 200: a 200, b 200, c 50; 50 of 500 nobody can deliver.
    assert lines_of(hours(tick(*FULL), tick(*FULL)), b=200)[-3:] == [
        "b 500.000 400.000 -100.000",
        "c 100.000 100.000 +0.000",
        "not delivered 0.000 100.000 +100.000",
    ]


def test_a_limit_counts_for_a_storage_that_holds_the_grid_limit_too():
    held = tick({"s": 0}, {}, hold=HOLD)
    assert "s 18.000 10.000 -8.000" in lines_of(hours(held, held), s=5)


def test_nothing_different_is_said_and_ticks_that_could_not_be_decided_are_left_out():
    failed = tick({}, {}, idle=("a",), failure="a bug")
    assert lines_of(hours(tick(*FULL), failed), policy="proportional")[1:3] == [
        "1 of them could not be decided then, and are left out",
        "nothing would have been different",
    ]


def test_watts_are_watts():
    two = hours(*[replace(tick({"a": 500}, {"a": 900}), power_unit="W")] * 2)
    assert lines_of(two, a=100)[-2:] == ["a 1.000 0.200 -0.800", "not delivered 0.000 0.800 +0.800"]


def test_a_target_counts_until_the_next_tick_and_the_last_of_a_run_for_one_period():
    one = tick({"a": 3600}, {"a": 3600})
    run = [one, replace(one, number=2, at=one.at + timedelta(seconds=4))]
    again = replace(one, number=0, at=one.at + timedelta(hours=5))
    # 4 s until the late second tick, one period of 2 s for it, and one for the only tick of the second run.
    assert "a 8.000 8.000 +0.000" in lines_of([*run, again], policy="proportional")


def test_a_limit_of_an_asset_that_nobody_knows_is_refused():
    with pytest.raises(Refused, match=r"--limit: 'aa' is in none of the ticks; did you mean a\?"):
        what_if([tick(*FULL)], policy=None, limits={"aa": 1})


def test_nothing_asked_of_no_ticks():
    assert lines_of([]) == []
