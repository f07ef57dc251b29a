"""Figures, windows, decimals and days of 23 and 25 hours."""

import json
from decimal import Decimal

import pytest

from energy_manager.domain.errors import Refused
from tests.oracles.appliance_days import ask, day, home, segments
from tests.support.documents import plan_day

SPRING = "2026-03-29"
AUTUMN = "2026-10-25"


def test_the_figures_of_one_home():
    answer = plan_day(day(ask("A", 0, 2400, 60, delay=60), ask("B", 0, 1200, 120, delay=240)))
    # A 0-60, B 60-180: 2,400 Wh twice in 24 h.
    assert answer["households"][0]["peak_w"] == 2400
    assert answer["households"][0]["average_w"] == 200
    assert answer["households"][0]["par"] == 12
    assert answer["households"][0]["dawr"] == 0.125
    assert answer["total"] == {"peak_w": 2400, "average_w": 200, "par": 12, "dawr": 0.125}


def test_the_figures_are_taken_over_the_window():
    answer = plan_day(day(ask("A", 0, 2400, 60), ask("B", 120, 600, 60), window_min=[60, 180]))
    assert answer["total"]["peak_w"] == 600
    assert answer["total"]["average_w"] == 300


def test_the_net_load_may_be_negative():
    answer = plan_day(day(homes=[home(pv_w=[100] * 24)]))
    assert answer["total"] == {"peak_w": -100, "average_w": -100, "par": None, "dawr": None}


def test_runs_without_a_max_delay_do_not_count_in_dawr():
    answer = plan_day(day(ask("A", 0, 3000, 60), ask("B", 0, 2000, 60, delay=None)))
    assert answer["total"]["dawr"] == 0


def test_a_rejection_counts_as_the_whole_delay():
    answer = plan_day(day(ask("A", 0, 3000, 60), ask("B", 0, 2000, 60, delay=10)))
    assert answer["total"]["dawr"] == 0.5


def test_a_run_given_up_before_it_began_does_not_count():
    cancel = {"event": "cancel", "at_min": 10, "household": "1", "appliance": "B"}
    answer = plan_day(day(ask("A", 0, 3000, 60), ask("B", 0, 2000, 60, delay=60), events=[cancel]))
    assert answer["total"]["dawr"] == 0


def test_runs_are_answered_in_request_order_whatever_their_times():
    answer = plan_day(day(ask("B", 10, 2000, 60, delay=60), ask("A", 0, 2000, 60)))
    assert [run["appliance"] for run in answer["runs"]] == ["B", "A"]
    assert [run["segments_min"] for run in answer["runs"]] == [[[60, 120]], [[0, 60]]]


def test_decimals_of_minutes_and_watts_are_exact():
    document = day(
        ask("A", Decimal("0.1"), Decimal("0.1"), Decimal("0.2")),
        ask("B", Decimal("0.1"), Decimal("0.2"), Decimal("0.7"), delay=10),
        ask("C", Decimal("0.1"), Decimal("0.1"), Decimal("0.1"), delay=Decimal("0.2")),
        homes=[home(Decimal("0.3"))],
    )
    runs = plan_day(document)["runs"]
    assert [run["segments_min"] for run in runs] == [[[0.1, 0.3]], [[0.1, 0.8]], [[0.3, 0.4]]]


def test_the_answer_is_json():
    answer = plan_day(day(ask("A", 0.5, 99.9, 33.3), homes=[home(pv_w=[0.5] * 24)]))
    assert json.loads(json.dumps(answer)) == answer


def test_the_same_day_twice_is_the_same_answer():
    document = day(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=100))
    assert plan_day(document) == plan_day(document)


@pytest.mark.parametrize(("date", "hours"), [(SPRING, 23), (AUTUMN, 25), ("2026-06-15", 24)])
def test_the_average_is_over_the_hours_that_the_day_has(date, hours):
    answer = plan_day(day(ask("A", 0, 2300, 60), day=date, time_zone="Europe/Brussels"))
    assert answer["total"]["average_w"] == pytest.approx(2300 / hours)


def test_on_the_day_of_23_hours_the_price_of_the_hour_that_is_skipped_is_never_paid():
    # On the wall 1:00 is followed by 3:00, the third hour that passes.
    prices = [100] * 24
    prices[2], prices[3] = 1, 10
    cheap = {"strategy": "cost", "price_eur_per_mwh": prices, "time_zone": "Europe/Brussels"}
    assert segments(ask("A", 0, 1000, 60, delay=400), day=SPRING, **cheap)["A"] == [[120, 180]]
    assert segments(ask("A", 0, 1000, 60, delay=400), **cheap)["A"] == [[120, 180]]
    prices[3], prices[4] = 100, 10
    cheap["price_eur_per_mwh"] = [*prices[:2], 100, *prices[3:]]
    assert segments(ask("A", 0, 1000, 60, delay=400), day=SPRING, **cheap)["A"] == [[180, 240]]


def test_on_the_day_of_25_hours_the_hour_that_comes_twice_has_its_price_twice():
    prices = [100] * 24
    prices[2] = 10
    more = {"strategy": "cost", "price_eur_per_mwh": prices, "time_zone": "Europe/Brussels", "day": AUTUMN}
    assert segments(ask("A", 0, 1000, 120, delay=400), **more)["A"] == [[120, 240]]


@pytest.mark.parametrize(("date", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_price_for_each_hour_that_passes_is_taken_in_order(date, hours):
    prices = [100] * hours
    prices[4] = 1
    more = {"strategy": "cost", "price_eur_per_mwh": prices, "time_zone": "Europe/Brussels", "day": date}
    assert segments(ask("A", 0, 1000, 60, delay=400), **more)["A"] == [[240, 300]]


def test_after_midnight_the_prices_come_again():
    prices = [1] + [100] * 23
    runs = segments(ask("A", 1380, 1000, 60, delay=400), strategy="cost", price_eur_per_mwh=prices)
    assert runs["A"] == [[1440, 1500]]


def test_an_appliance_that_is_running_whatever_the_plan_is_refused_by_its_field():
    with pytest.raises(Refused) as refused:
        plan_day(day(ask("A", 0, 2000, 60), ask("A", 59, 2000, 60), ask("A", 58, 2000, 60)))
    assert {fault.field for fault in refused.value.faults} == {"requests[1].appliance", "requests[2].appliance"}


def test_an_appliance_whose_first_request_was_rejected_is_free():
    answer = plan_day(day(ask("A", 0, 9000, 60), ask("A", 10, 2000, 60)))
    assert [run["outcome"] for run in answer["runs"]] == ["rejected", "fit"]


def test_nothing_can_wait_behind_an_endless_run():
    with pytest.raises(Refused):
        plan_day(day(ask("A", 0, 100, None), ask("A", 10, 100, 60, queue=True)))
