"""What was saved, from the record: against the self-consumption rule, and against perfect foresight."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from energy_manager.application.least_cost.savings import TellSavings
from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.least_cost import Storage
from energy_manager.entrypoints.documents.least_cost import savings_document

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
BATTERY = Storage(
    id="battery", capacity_kwh=10.0, stored_kwh=0.0, max_charge_kw=4.0, max_discharge_kw=4.0, end_value_eur_per_kwh=0.1
)


class Recorded:
    """A record of quarter hours: the load (kW), the battery's charge (kW) and the price of each.

    ``covered_s`` says for how long each is on record, where that is not all of it.
    """

    def __init__(self, load, charge, prices, stored, *, without=(), covered_s=()):
        self.load, self.charge, self.prices, self.stored, self.without = load, charge, prices, stored, without
        self.covered_s = dict(covered_s)

    def _place(self, instant):
        return int((instant - MIDNIGHT) / timedelta(minutes=15))

    def series(self, asset_id, window):
        first = self._place(window.start)
        known = set(range(len(self.load))).difference(self.without)
        places = [place if place in known else None for place in range(first, first + window.count)]
        watts = {
            "battery": lambda place: -1000 * self.charge[place],
            "meter": lambda place: -1000 * (self.load[place] + self.charge[place]),
        }[asset_id]
        return SimpleNamespace(
            output=SimpleNamespace(mean=[None if place is None else watts(place) for place in places])
        )

    def output_integrals(self, assets, window):
        first = self._place(window.start)
        covered_s = tuple(self.covered_s.get(place, 900.0) for place in range(first, first + window.count))
        return dict.fromkeys(assets, Integral(covered_s=covered_s, total=()))

    def tick_at(self, instant):
        place = self._place(instant)
        hold = GridHold(
            storage="battery", target=0, import_kw=0.0, reason="band", plan="p", buy_per_kwh=self.prices[place],
            sell_per_kwh=0.0, currency="EUR",
        )  # fmt: skip
        at = MIDNIGHT + place * timedelta(minutes=15)
        return Tick(number=place, at=at, lag_s=0.0, scheduled={}, potentials={}, targets={}, shortfall=0, hold=hold)

    def statuses_at(self, instant):
        place = min(self._place(instant), len(self.stored) - 1)
        status = StatusOf(age_s=0.0, output=0, potential=0, stored_wh=1000 * self.stored[place])
        return StatusRecord(at=instant, statuses={"battery": status})

    def statuses(self, since, until):
        return iter(())


def told(recorded, hours=24):
    tell = TellSavings(history=recorded, battery=BATTERY, meter="meter", kw_per_step=0.001, zone=ZoneInfo("UTC"))
    return tell(MIDNIGHT, MIDNIGHT + timedelta(hours=hours))


def test_a_day_is_held_against_the_rule_and_the_best_that_could_be():
    # Four quarters: 4 kW are charged at 10 ct for 15 min, and cover 2 kW of load at 50 ct for 30 min.
    recorded = Recorded([0, 0, 2, 2], [4, 0, -2, -2], [0.1, 0.2, 0.5, 0.5], [0, 1, 1, 0.5, 0])
    (day,) = told(recorded)
    assert (day.day.isoformat(), day.hours, day.currency) == ("2026-03-02", 1.0, "EUR")
    assert day.cost == pytest.approx(0.1)
    # The rule buys 1 kWh at 50 ct; the best fills what it can at 10 ct, too: what is left is worth no more than that.
    assert day.rule_cost == pytest.approx(0.5)
    assert day.foresight_cost == pytest.approx(0.1)
    assert (day.saved, day.possible) == (pytest.approx(0.4), pytest.approx(0.4))
    assert savings_document([day])["saved"] == 0.4


def test_the_running_quarter_hour_counts_as_far_as_it_is_on_record():
    # 2 kW of load at 50 ct for five minutes, the battery rests.
    recorded = Recorded([2], [0], [0.5], [0, 0], covered_s={0: 300.0})
    (day,) = told(recorded)
    assert (day.hours, day.cost) == (0.08, pytest.approx(2 / 12 * 0.5))


def test_a_quarter_hour_in_whose_second_half_the_service_began_counts():
    recorded = Recorded([2], [0], [0.5], [0, 0], covered_s={0: 300.0})
    asked, recorded.tick_at = (
        recorded.tick_at,
        lambda instant: None if instant < MIDNIGHT + timedelta(minutes=10) else asked(MIDNIGHT),
    )
    (day,) = told(recorded)
    assert day.cost == pytest.approx(2 / 12 * 0.5)


def test_a_time_that_ends_within_a_quarter_hour_counts_up_to_its_end():
    recorded = Recorded([2, 2], [0, 0], [0.5, 0.5], [0, 0, 0])
    (day,) = told(recorded, hours=1 / 3)
    assert (day.hours, day.cost) == (0.33, pytest.approx(2 / 3 * 0.5))


def test_what_is_left_at_the_end_counts():
    # 1 kWh was bought at 20 ct and nothing used: it is worth 10 ct.
    recorded = Recorded([0, 0, 0, 0], [4, 0, 0, 0], [0.2] * 4, [0, 1, 1, 1, 1])
    (day,) = told(recorded)
    assert day.cost == pytest.approx(0.1)
    assert (day.rule_cost, day.foresight_cost) == (0.0, 0.0)


def test_what_came_into_the_battery_while_nothing_was_recorded_is_no_saving():
    recorded = Recorded([0, 0, 0, 2], [4, 0, 4, -2], [0.1, 0.2, 0.2, 0.5], [0, 1, 1, 6, 5.5], without=[2])
    (day,) = told(recorded)
    # 1 kWh at 10 ct, half of which covers a load at 50 ct; the other half is left and worth 5 ct.
    assert (day.hours, day.cost, day.rule_cost) == (0.75, pytest.approx(0.05), pytest.approx(0.25))
    assert day.saved <= day.possible + 1e-9


def test_days_of_which_nothing_is_on_record_are_left_out():
    assert told(Recorded([], [], [], [0.0])) == ()
    assert savings_document([]) == {"currency": "", "days": [], "saved": 0, "possible": 0}


def test_no_day_saves_more_than_was_possible_though_the_battery_lost_less_than_it_is_taken_to():
    # 1 kWh charged and 2 kW for an hour covered: by its readings the battery has gained energy on the way.
    recorded = Recorded([0, 0, 2, 2], [4, 0, -2, -2], [0.1, 0.2, 0.5, 0.5], [0, 1, 1, 0.9, 0.8])
    (day,) = told(recorded)
    assert day.saved == day.possible > 0.4
