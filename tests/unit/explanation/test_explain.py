"""Why an asset is at its power, told from the record; every sentence must be true."""

import re
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation import Explain, NothingRecorded
from energy_manager.application.explanation.sentences import why
from energy_manager.application.ports.records.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Bounds
from tests.support.recorded import NOON, at, tick
from tests.support.thorough import sample

SHORT = tick({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50})
"""The example of the specification: a is told 200, b 250, c 50."""


def explained(asset_id, *records, asked_at=NOON, zone=UTC):
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    return list(Explain(history=history, zone=zone)(asset_id, at=asked_at).sentences)


def test_an_asset_whose_schedule_fits_is_told_it():
    assert explained("a", tick({"a": 100, "b": 100}, {"a": 200, "b": 100})) == [
        "a was told to deliver 100 kW at tick 0, 2026-03-02 12:00:00.000 UTC: as scheduled.",
        "Its schedule was to deliver 100 kW, from the site's base schedule.",
        "Its status was 1.5 s old and said that it could deliver 200 kW.",
        "The rule was proportional: what short assets cannot deliver is carried by those with headroom, in proportion "
        "to their potentials.",
        "No asset fell short, so each was told what was scheduled.",
    ]


def test_times_are_those_of_the_sites_clocks_and_say_which():
    records = (
        SHORT,
        StatusRecord(at=at(-1), statuses={"a": StatusOf(output=90, potential=200, age_s=0.0)}),
        DeviceChangeRecord(at=at(-2), asset_id="a", is_good=True, sentence="answers in time again"),
    )
    told = explained("a", *records, asked_at=at(20), zone=ZoneInfo("Asia/Tokyo"))
    assert not any("UTC" in sentence for sentence in told)
    assert told[0].startswith("a was told to deliver 200 kW at tick 0, 2026-03-02 21:00:00.000 JST: ")
    assert told[1].endswith("before 2026-03-02 21:00:20.000 JST.")
    assert "In the last round of statuses, 2026-03-02 20:59:59.000 JST, it said that it delivers 90 kW." in told
    assert "The device, 2026-03-02 20:59:58.000 JST: answers in time again." in told


def test_a_short_asset_is_told_what_it_can_and_the_others_are_named():
    told = explained("c", SHORT)
    assert told[0].endswith(": 250 kW less than scheduled.")
    assert told[-3:] == [
        "It fell short: 250 kW of its 300 kW could not be delivered, so it was told to deliver 50 kW.",
        "That was the whole gap: 250 kW.",
        "The others took: b 150 kW and a 100 kW.",
    ]


def test_an_asset_that_carries_says_for_whom_and_how_much():
    told = explained("a", SHORT)
    assert told[0].endswith(": 100 kW more than scheduled.")
    assert told[-3:] == [
        "Short were c 250 kW; the gap was 250 kW in all.",
        "It took 100 kW of the gap: it was told to deliver 200 kW instead of 100 kW, all it could deliver.",
        "The others took: b 150 kW.",
    ]


def test_one_that_is_not_full_does_not_claim_to_be():
    assert explained("b", SHORT)[-2] == "It took 150 kW of the gap: it was told to deliver 250 kW instead of 100 kW."


def test_several_short_assets_and_what_nobody_can_deliver():
    record = tick({"a": 100, "b": 100, "c": 300}, {"a": 20, "b": 130, "c": 50})
    assert explained("a", record)[-4:] == [
        "It fell short: 80 kW of its 100 kW could not be delivered, so it was told to deliver 20 kW.",
        "Short were also c 250 kW; the gap was 330 kW in all.",
        "The others took: b 30 kW.",
        "No asset could deliver 300 kW of the schedule.",
    ]


def test_a_gap_that_nobody_carries():
    assert explained("a", tick({"a": 100}, {"a": 40}))[-2:] == [
        "No asset had headroom to carry any of it.",
        "No asset could deliver 60 kW of the schedule.",
    ]


def test_an_asset_without_headroom_and_one_whose_share_is_no_whole_step():
    record = tick({"a": 1, "b": 50, "c": 10, "d": 2}, {"a": 0, "b": 50, "c": 90, "d": 10})
    assert "It had no headroom to take any of it, so it was told its schedule." in explained("b", record)
    assert "Its share of the gap came to no whole power step, so it was told its schedule." in explained("d", record)


def test_a_charging_asset_keeps_its_schedule():
    told = explained("s", tick({"s": -30, "a": 50}, {"a": 10}))
    assert told[1:] == [
        "Its schedule was to take 30 kW, from the site's base schedule.",
        "There was no status of it to go by: it counted as able to deliver nothing.",
        "The rule was proportional: what short assets cannot deliver is carried by those with headroom, in proportion "
        "to their potentials.",
        "It is scheduled to charge, so it keeps its schedule: it can neither fall short nor help.",
    ]


def test_a_status_too_old_and_one_whose_age_an_older_record_does_not_tell():
    record = tick({"a": 5, "b": 5}, {"b": 5}, status_ages_s={"a": 31.46})
    assert explained("a", record)[2] == (
        "Its last status was 31.5 s old, too old to be believed: it counted as able to deliver nothing."
    )
    assert explained("b", record)[2] == "Its status is not recorded how old and said that it could deliver 5 kW."


def test_a_scheduled_asset_without_a_device():
    told = explained("ghost", tick({"ghost": 50, "a": 100}, {"a": 300}, untold=("ghost",)))
    assert told[0] == "ghost was told nothing at tick 0, 2026-03-02 12:00:00.000 UTC."
    assert "There is no such device: it counted as able to deliver nothing." in told
    assert told[-1] == "The others took: a 50 kW."


def test_a_device_that_takes_no_targets():
    told = explained("meter", tick({"meter": 5}, {"meter": 9}, untold=("meter",)))
    assert "The device takes no targets." in told
    assert explained("meter", tick({}, {"meter": 9}))[0].startswith("meter was told nothing")


def test_nobody_spoke_for_an_asset():
    told = explained("idle", tick({"a": 5}, {"a": 9, "idle": 9}, idle=("idle",)))
    assert told[0] == "idle was told 0 kW at tick 0, 2026-03-02 12:00:00.000 UTC."
    assert told[1] == "No schedule covered this asset at this tick; it was left out of the redistribution."


def test_no_schedule_was_known():
    told = explained("a", tick({}, {"a": 9}, idle=("a",), fault="no answer in time"))
    assert told[1] == "No schedule was known (no answer in time), so nothing was scheduled for any asset."


def test_only_stored_schedules_were_known():
    record = tick({"b": 5}, {"a": 9, "b": 9}, idle=("a",), fault="gone", decided_by={"b": "manual:night"})
    assert explained("a", record)[1] == (
        "The site's base schedule was not known (gone), and no stored schedule covered it: "
        "it was left out of the redistribution."
    )
    assert explained("b", record)[1:3] == [
        "Its schedule was to deliver 5 kW, from the manual schedule 'night'.",
        "The site's base schedule was not known at this tick: gone.",
    ]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("manual:night", ", from the manual schedule 'night'."),
        ("production:p1", ", from the production plan 'p1'."),
        ("flexibility:call", ", from the flexibility activation 'call'."),
        ("peak_shaving:ps", ", from the peak shaving plan 'ps'."),
        ("appliances:battery:home", ", from the appliances plan 'battery:home'."),
        ("shared", ", from the site's base schedule."),
        ("future:x", ", from 'future:x'."),
    ],
)
def test_whose_word_the_schedule_was(label, words):
    assert (
        explained("a", tick({"a": 5}, {"a": 5}, decided_by={"a": label}))[1]
        == f"Its schedule was to deliver 5 kW{words}"
    )


def test_an_older_record_claims_neither_speaker_nor_rule_nor_unit():
    record = replace(tick({"a": 1}, {"a": 5}), decided_by={}, policy="", power_unit="", status_ages_s={})
    told = explained("a", record)
    assert told[1] == "Its schedule was to deliver 1 power step; from whom is not recorded."
    assert told[3] == "Which rule applied is not recorded."


def test_a_schedule_that_was_no_number():
    told = explained("a", tick({"a": 0}, {"a": 5}, unreadable=("a",)))
    assert told[1] == "What the site's base schedule said for it was no finite number, which counts as 0 kW."


def test_follow_schedule_lets_nobody_carry():
    told = explained("c", tick({"a": 100, "c": 300}, {"a": 200, "c": 50}, policy="follow_schedule"))
    assert told[-2:] == [
        "The rule was follow_schedule: targets are the schedule, whatever the assets can deliver.",
        "It counted as able to deliver 50 kW; no asset was asked to carry the 250 kW that it lacked.",
    ]


def test_a_tick_that_could_not_be_decided():
    record = tick({}, {}, idle=("a",), failure="ZeroDivisionError('a bug')")
    assert explained("a", record)[1] == (
        "Nothing could be decided at this tick (ZeroDivisionError('a bug')), so every device was told 0."
    )


LIMITS = {"import_kw": 52.5, "import_limit_kw": 50.0, "export_limit_kw": 20.0}


def test_a_storage_that_holds_the_grid_limit():
    hold = GridHold(storage="s", target=9, reason="import limit", shortfall_kw=1.5, **LIMITS)
    record = tick({"s": -8, "a": 5}, {"s": 60, "a": 9}, hold=hold)
    assert explained("s", record)[3:] == [
        "It keeps the grid connection within its limits, before any schedule: 52.5 kW were imported, the limits are "
        "import 50.0 kW, export 20.0 kW.",
        "It was told to deliver 9 kW: to keep the import below its limit.",
        "Its own limits kept it 1.5 kW away from what the grid connection needed.",
    ]
    told = explained("a", record)
    assert "s was told to deliver 9 kW for the sake of the grid connection and took no part in the sharing." in told
    assert told[-1] == "No asset fell short, so each was told what was scheduled."


def test_a_storage_that_may_follow_its_schedule_and_one_that_cannot():
    hold = GridHold(storage="s", target=5, reason="schedule", import_kw=None)
    assert explained("s", tick({"s": 5}, {}, hold=hold))[3:] == [
        "It keeps the grid connection within its limits, before any schedule: the import was not measured.",
        "The limits let it follow its schedule: it was told to deliver 5 kW.",
    ]
    assert explained("s", tick({"s": 8}, {}, hold=hold))[-1] == (
        "The limits let it follow its schedule, but its own power, ramp or energy did not: it was told to deliver 5 kW."
    )


def test_what_it_delivers_and_its_troubles_are_told():
    told = explained(
        "a",
        tick({"a": 5}, {"a": 9}),
        StatusRecord(at=at(1), statuses={"a": StatusOf(output=4, potential=9, age_s=0.5)}),
        DeviceChangeRecord(at=at(-90_000), asset_id="a", is_good=False, sentence="too long ago"),
        DeviceChangeRecord(at=at(-60), asset_id="a", is_good=False, sentence="overdue"),
        DeviceChangeRecord(at=at(-30), asset_id="b", is_good=False, sentence="another's"),
        DeviceChangeRecord(at=at(-9), asset_id=None, is_good=False, sentence="held up"),
        DeviceChangeRecord(at=at(3), asset_id="a", is_good=True, sentence="later"),
        asked_at=at(1),
    )
    assert told[-3:] == [
        "In the last round of statuses, 2026-03-02 12:00:01.000 UTC, it said that it delivers 4 kW.",
        "The device, 2026-03-02 11:59:00.000 UTC: overdue.",
        "The site, 2026-03-02 11:59:51.000 UTC: held up.",
    ]


def test_a_tick_long_before_the_time_asked_about_is_said_to_be():
    told = explained("a", tick({"a": 5}, {"a": 9}), asked_at=at(3600))
    assert told[1] == "That is the last tick on record, 3,600 s before 2026-03-02 13:00:00.000 UTC."


def test_an_asset_that_nobody_knows_is_refused_with_a_near_miss():
    with pytest.raises(Refused) as refusal:
        explained("asset1", tick({"asset_1": 5}, {}))
    assert str(refusal.value) == (
        "asset: the record of 2026-03-02 12:00:00.000 UTC knows no 'asset1'; did you mean asset_1?"
    )


def test_before_the_first_tick_nothing_was_recorded():
    with pytest.raises(NothingRecorded, match=r"nothing was recorded at or before 2026-03-02 11:59:59\.000 UTC"):
        explained("a", tick({"a": 5}, {}), asked_at=at(-1))


NAMES = [f"n{letter}" for letter in "abcdefghijkl"]
POWERS = st.integers(-50, 400)
FLEETS = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(POWERS, st.one_of(st.none(), st.integers(0, 500))), min_size=1
)


def amount(words: str) -> int:
    return int(words.replace(",", ""))


def told_amount(pattern: str, text: str) -> int:
    """The sum of all amounts that follow the pattern's place."""
    return sum(amount(found) for found in re.findall(pattern, text))


@settings(max_examples=sample(100), deadline=None)
@given(FLEETS, st.booleans())
def test_the_numbers_in_the_sentences_add_up_to_the_record(fleet, has_hold):
    scheduled = {name: power for name, (power, _) in fleet.items()}
    potentials = {name: potential for name, (_, potential) in fleet.items() if potential is not None}
    hold = GridHold(storage=NAMES[0], target=7, import_kw=1.0, reason="schedule") if has_hold else None
    record = tick(scheduled, potentials, hold=hold)
    for name in scheduled:
        text = " ".join(explained(name, record))
        target = record.targets[name]
        assert signed(r"^\S+ was told", text) == target
        if hold is not None and name == hold.storage:
            continue
        assert signed(r"Its schedule was", text) == scheduled[name]
        others_took = sum(map(amount, re.findall(r"([\d,]+) kW", _part(text, "The others took: "))))
        it_took = told_amount(r"It took ([\d,]+) kW", text)
        undeliverable = told_amount(r"No asset could deliver ([\d,]+) kW", text)
        gap = told_amount(r"gap was ([\d,]+) kW", text) or told_amount(r"whole gap: ([\d,]+) kW", text)
        lacked = told_amount(r"It fell short: ([\d,]+) kW", text)
        assert others_took + it_took + undeliverable == gap
        assert it_took - lacked == target - scheduled[name]
        if "gap" in text and scheduled[name] >= 0:
            assert undeliverable == record.shortfall
            short_others = sum(map(amount, re.findall(r"([\d,]+) kW", _part(text, "Short were ").partition(";")[0])))
            assert short_others + lacked == gap


def signed(beginning: str, text: str) -> int:
    """What is to be delivered, below 0 what is to be taken."""
    way, steps = re.search(rf"{beginning} (to deliver |to take |)([\d,]+) kW", text).groups()
    return -amount(steps) if way == "to take " else amount(steps)


def _part(text: str, beginning: str) -> str:
    """The sentence that begins so, or nothing."""
    return text.partition(beginning)[2].partition(". ")[0]


def test_an_asset_that_its_own_limits_keep_from_its_schedule():
    bounds = {"a": Bounds(lowest=0, highest=60)}
    targets = {"a": 60, "b": 140}
    limited = tick({"a": 100, "b": 100}, {"a": 300, "b": 300}, bounds=bounds, targets=targets, shortfall=0)
    assert why(limited, "a")[2] == (
        "Its own limits, which stand above everything, let it take nothing and deliver at most 60 kW; "
        "it was told to deliver 60 kW."
    )
    assert not any("own limits" in sentence for sentence in why(limited, "b"))


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(lowest=-30, highest=60), "let it take at most 30 kW and deliver at most 60 kW"),
        (Bounds(lowest=20), "let it deliver at least 20 kW"),
        (Bounds(lowest=-30, highest=0), "let it take at most 30 kW and deliver nothing"),
        (Bounds(highest=-10), "let it take at least 10 kW"),
    ],
)
def test_limits_are_said_as_what_it_may_take_and_deliver(bounds, said):
    assert any(said in sentence for sentence in explained("a", replace(SHORT, bounds={"a": bounds})))


def test_a_storage_that_leaves_its_schedule_for_the_other_direction_is_told_both():
    turned = tick({"a": -8}, {"a": 60}, targets={"a": 5})
    assert explained("a", turned)[0] == (
        "a was told to deliver 5 kW at tick 0, 2026-03-02 12:00:00.000 UTC, where it was scheduled to take 8 kW."
    )
    less = tick({"a": -8}, {"a": 60}, targets={"a": -3})
    assert explained("a", less)[0].endswith(
        "a was told to take 3 kW at tick 0, 2026-03-02 12:00:00.000 UTC: 5 kW less than scheduled."
    )


def test_what_the_grid_connection_exported_is_said_so():
    hold = GridHold(storage="a", target=-5, import_kw=-30.0, reason="export limit")
    said = explained("a", tick({"a": 0}, {"a": 60}, targets={"a": -5}, hold=hold))
    assert "It keeps the grid connection within its limits, before any schedule: 30.0 kW were exported." in said
    assert "It was told to take 5 kW: to keep the export below its limit." in said


def test_limits_that_bound_nothing_are_told_and_blamed_for_nothing():
    free = tick({"a": 50}, {"a": 300}, bounds={"a": Bounds(lowest=0, highest=60)})
    assert why(free, "a")[2].endswith("let it take nothing and deliver at most 60 kW.")
    assert len(why(tick({"a": 50}, {"a": 300}, bounds={"a": Bounds()}), "a")) == 4


def test_a_charging_asset_that_may_not_charge_so_fast():
    limited = tick({"a": -80}, {"a": 0}, bounds={"a": Bounds(lowest=-60, highest=60)}, targets={"a": -60})
    assert why(limited, "a")[-1] == (
        "It is scheduled to charge, and was told to take 60 kW, as near to that as its limits allow."
    )


@pytest.mark.parametrize(
    ("target", "mode", "values", "sentence"),
    [
        (
            2100,
            "normal",
            (0.21, 0.22),
            "It discharges 2.1 kW: a kWh from the grid costs 31 ct, the last stored kWh is worth 22 ct, to be refilled "
            "at 13:00 from the sun.",
        ),
        (
            -2000,
            "store",
            (0.21, 0.22),
            "It charges 2.0 kW: a kWh fed in earns 8 ct, the next stored kWh is worth 21 ct.",
        ),
        (
            -2000,
            "charge",
            (0.35, 0.4),
            "It charges 2.0 kW: a kWh from the grid costs 31 ct, the next stored kWh is worth 35 ct.",
        ),
        (
            0,
            "hold",
            (1e6, None),
            "It rests: a kWh from the grid costs 31 ct, a kWh fed in earns 8 ct, the next stored kWh is needed "
            "whatever it costs, there is nothing left to give.",
        ),
    ],
)  # fmt: skip
def test_a_storage_that_follows_what_its_energy_is_worth(target, mode, values, sentence):
    hold = GridHold(
        storage="s", target=target, reason="band", plan="plan 1", mode=mode, buy_per_kwh=0.31,
        sell_per_kwh=0.08, next_value_per_kwh=values[0], last_value_per_kwh=values[1], currency="EUR",
        refill="at 13:00 from the sun", **LIMITS,
    )  # fmt: skip
    told = explained("s", replace(tick({"s": 0}, {}, hold=hold), power_unit="W"))
    assert f"It follows what its energy is worth, by plan 1; the mode is {mode}." in told
    assert told[-1] == sentence


def test_a_storage_whose_forecasts_are_not_tried_yet_goes_by_the_rule():
    hold = GridHold(
        storage="s", target=2100, reason="band", plan="plan 1", mode="normal", buy_per_kwh=0.31, sell_per_kwh=0.08,
        currency="EUR", **LIMITS,
    )  # fmt: skip
    told = explained("s", replace(tick({"s": 0}, {}, hold=hold), power_unit="W"))
    assert told[-1] == ("It discharges 2.1 kW: it takes surplus and covers load until it is known what forecasts miss.")


def test_a_storage_that_has_no_plan_goes_by_the_rule():
    hold = GridHold(storage="s", target=2, reason="band", **LIMITS)
    told = explained("s", tick({}, {}, hold=hold, targets={"s": 2}))
    assert told[-1] == "It was told to deliver 2 kW: there is no plan, so it takes surplus and covers load."


def test_a_storage_that_follows_its_worth_says_when_a_limit_came_first():
    hold = GridHold(
        storage="s", target=5, reason="import limit", plan="plan 1", mode="hold", buy_per_kwh=0.31,
        sell_per_kwh=0.08, currency="CHF", **LIMITS,
    )  # fmt: skip
    told = explained("s", tick({"s": 0}, {}, hold=hold))
    assert list(told[-2:]) == [
        "It discharges 5.0 kW: a kWh from the grid costs 0.31 CHF, there is nothing left to give.",
        "Its limits came first: to keep the import below its limit.",
    ]


def test_a_released_asset_ran_by_itself_and_one_that_measures_nothing_says_so():
    released = tick({"b": 100}, {"b": 100}, targets={"a": None, "b": 100})
    status = StatusOf(output=None, potential=0, age_s=0.0)
    told = explained("a", released, StatusRecord(at=at(0), statuses={"a": status}))
    assert told[0] == "a was released at tick 0, 2026-03-02 12:00:00.000 UTC: it ran by itself."
    assert "No schedule covered this asset at this tick; it was released and ran by itself." in told
    assert told[-1].endswith("it did not say what it delivers.")


def test_one_that_disobeys_is_left_to_itself_where_no_asset_carries_for_another():
    record = tick({"a": 100, "b": 100}, {"a": 100, "b": 100}, counted={"a": 20}, policy="follow_schedule")
    told = explained("a", record)
    assert "It does not do what it is told: it counted as what it measures: delivering 20 kW." in told
    assert not any("made up for the difference" in sentence for sentence in told)


def test_limits_of_an_asset_that_was_released_held_nothing():
    record = tick({"b": 100}, {"b": 100}, targets={"a": None, "b": 100}, bounds={"a": Bounds(lowest=0, highest=5)})
    assert not any("Its own limits" in sentence for sentence in explained("a", record))
