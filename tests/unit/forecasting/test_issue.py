from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.forecasting.issue import IssueForecasts
from energy_manager.application.forecasting.outlook import ForecastOutlook
from energy_manager.application.forecasting.quality import ForecastQuality
from energy_manager.application.ports.forecasts.site_outlook import NoForecast
from energy_manager.application.ports.forecasts.sun_service import SunForecast, SunUnavailable
from energy_manager.domain.tariff import PriceInterval
from tests.unit.forecasting.site import A_DAY, NOW, HistoryOf, measured

UTC_ZONE = ZoneInfo("UTC")
QUARTER = timedelta(minutes=15)


class Service:
    """Foretells so much at each hour of the day, for three days from the last midnight on; fails while ``trouble``."""

    name = "service"

    def __init__(self, beside, kw):
        self.beside, self.kw = beside, kw
        self.trouble = ""
        self.asked = 0

    def fetch(self):
        self.asked += 1
        if self.trouble:
            raise SunUnavailable(self.trouble)
        midnight = self.beside.now.replace(hour=0, minute=0).timestamp()
        times = [midnight + 900.0 * step for step in range(3 * A_DAY)]
        return SunForecast(times_s=times, power_kw=[self.kw(int(at % 86_400 // 3600)) for at in times])


class Beside:
    """Forecasts beside a loop whose clock the test turns."""

    def __init__(self, history, *, kw=None, with_load=True):
        self.now = NOW
        self.trusted = True
        self.history = history
        self.journal = InMemoryJournal()
        self.forecasts = InMemoryStore().repository
        self.service = None if kw is None else Service(self, kw)
        self.with_load = with_load
        self.prices = ()
        self.restart()

    def restart(self):
        self.measured = measured(self.history)
        self.issue = IssueForecasts(
            measured=self.measured,
            forecasts=self.forecasts,
            with_load=self.with_load,
            with_production=True,
            sun_service=self.service,
            horizon=timedelta(hours=48),
            zone=UTC_ZONE,
            now=lambda: self.now,
            may_fetch=lambda: self.trusted,
            journal=self.journal,
            known_prices=lambda: self.prices,
        )

    def pass_time(self, time, step=QUARTER):
        until = self.now + time
        while self.now < until:
            self.now += step
            self.issue.look()

    def values(self, name):
        return list(self.forecasts.forecast(name, at=self.now).values)

    def outlook(self, steps=8):
        outlook = ForecastOutlook(forecasts=self.forecasts, measured=self.measured, zone=UTC_ZONE)
        return outlook.outlook([self.now + QUARTER * step for step in range(steps + 1)])

    def sentences(self):
        return [event.sentence for event in self.journal.events]


def flat():
    return HistoryOf(meter=lambda _: -500, pv=lambda at: 2000 if 10 <= at.hour < 14 else 0)


def test_forecasts_are_kept_as_issued_each_quarter_hour():
    beside = Beside(flat())
    beside.issue.look()
    beside.issue.look()
    beside.pass_time(QUARTER)
    issues = beside.forecasts.issues("load", since=NOW, until=NOW + timedelta(hours=1))
    assert [(issue.issued_at, issue.start, len(issue.values)) for issue in issues] == [
        (NOW, NOW, 192),
        (NOW + QUARTER, NOW + QUARTER, 192),
    ]
    # At noon 2 kW come from the sun and 0.5 kW from the grid.
    assert beside.values("load")[: A_DAY // 4 - 1][-1] == pytest.approx(2.5)
    assert beside.values("production")[16] == pytest.approx(2.0)


AGAIN = "it is tried again each quarter hour"


def test_what_was_never_measured_is_said_once():
    beside = Beside(HistoryOf())
    beside.pass_time(timedelta(hours=1))
    assert beside.forecasts.forecast("load", at=beside.now) is None
    assert beside.sentences() == [
        f"load cannot be forecast yet: nothing is measured of what the site takes; {AGAIN}",
        f"production cannot be forecast yet: nothing is measured of what the sun gives; {AGAIN}",
    ]


def test_the_service_is_asked_every_hour_and_put_right_by_what_came_of_it():
    # It says twice as much as comes; after a fortnight half of it is believed.
    beside = Beside(flat(), kw=lambda hour: 4.0 if 10 <= hour < 14 else 0.0, with_load=False)
    beside.issue.look()
    assert beside.values("production")[12] == pytest.approx(4.0)
    beside.pass_time(timedelta(hours=3))
    assert beside.service.asked == 4
    beside.pass_time(timedelta(days=15), step=timedelta(hours=9))
    noon = (12 - beside.now.hour) % 24 * 4
    assert beside.values("production")[noon] == pytest.approx(2.0, rel=0.02)


def test_after_a_restart_what_the_service_said_is_remembered():
    beside = Beside(flat(), kw=lambda hour: 4.0 if 10 <= hour < 14 else 0.0, with_load=False)
    beside.pass_time(timedelta(days=3), step=timedelta(hours=3))
    before = beside.values("production")
    beside.restart()
    beside.issue.look()
    assert beside.values("production") == pytest.approx(before)


def test_a_service_that_does_not_answer_leaves_the_last_days_and_is_told_once():
    beside = Beside(flat(), kw=lambda _: 4.0)
    beside.service.trouble = "it cannot be reached"
    beside.pass_time(timedelta(hours=2))
    assert beside.values("production")[8] == pytest.approx(2.0)
    assert beside.sentences() == ["the sun is forecast without service: it cannot be reached"]
    assert beside.service.asked == 8
    beside.service.trouble = ""
    beside.pass_time(QUARTER)
    assert beside.sentences()[1:] == ["service: forecasts are issued again"]


def test_a_clock_that_is_doubted_asks_nobody():
    beside = Beside(flat(), kw=lambda _: 4.0)
    beside.trusted = False
    beside.pass_time(timedelta(hours=2))
    assert beside.service.asked == 0
    assert beside.forecasts.forecast("production", at=beside.now) is not None


def test_a_planner_gets_expected_series_and_the_errors_of_earlier_days_laid_over_them():
    # In the first hour after noon every day takes another load: so many kW as the day of the month ends in.
    def meter(at):
        return -1000 * (at.day % 10) if at.hour == 13 else -500

    beside = Beside(HistoryOf(meter=meter, pv=lambda _: 0))
    beside.now = NOW.replace(hour=13)
    beside.pass_time(timedelta(days=6), step=timedelta(hours=6))
    found = beside.outlook(steps=4)
    assert len(found.scenarios) >= 3
    expected = found.load_kw[0]
    # The errors of the days before, what each took less what was expected of it, around what is expected now.
    laid = []
    for days in range(1, len(found.scenarios) + 1):
        day_before = beside.now - timedelta(days=days)
        said = beside.forecasts.forecast("load", at=day_before).values[0]
        laid.append(max(expected + day_before.day % 10 - said, 0.0))
    share = expected * len(laid) / sum(laid)
    assert [way.load_kw[0] for way in found.scenarios] == pytest.approx([share * own for own in laid], abs=0.2)
    assert all(value >= 0.0 for scenario in found.scenarios for value in scenario.load_kw)


def test_the_errors_of_three_days_after_the_first_are_needed():
    def began(at):
        return None if at < NOW else -500

    beside = Beside(HistoryOf(meter=began, pv=lambda at: None if at < NOW else 0))
    tried = []
    for _ in range(5):
        beside.pass_time(timedelta(days=1), step=timedelta(hours=6))
        found = beside.outlook()
        tried.append((found.is_tried, len(found.scenarios)))
    # What was said on the first day knew of no day before it, and each day's errors are known a day later.
    assert tried == [(False, 0), (False, 0), (False, 0), (True, 3), (True, 4)]


def test_a_forecast_that_is_put_once_a_day_is_tried_at_each_hour_of_it():
    beside = Beside(flat())
    for _ in range(6):
        beside.issue.look()
        beside.now += timedelta(days=1)
    beside.now -= timedelta(hours=5)
    assert beside.outlook().is_tried


@pytest.mark.no_cover
def test_no_scenario_has_more_sun_than_a_clear_sky():
    # One bright hour a day, and never more than 2 kW: an error of yesterday must not make 3 of it.
    beside = Beside(HistoryOf(meter=lambda _: -500, pv=lambda at: (1000 + 1000 * (at.day % 2)) * (at.hour == 12)))
    beside.pass_time(timedelta(days=8), step=timedelta(hours=4))
    found = beside.outlook(steps=96)
    most = max(value for scenario in found.scenarios for value in scenario.production_kw)
    assert 1.5 < most <= 2.0 * 1.05 + 1e-9


def test_the_sun_is_forecast_from_the_prices_of_the_market_too():
    # Every other day is sunny, by chance of no pattern; the price of a sunny noon is low, and tomorrow's is known.
    sunny = dict(enumerate(np.random.default_rng(5).integers(0, 2, 400).tolist()))
    today = NOW.toordinal()
    sunny[(today + 1) % 400] = 1

    def kw(at):
        return sunny[at.toordinal() % 400] * 4 * (10 <= at.hour < 14)

    beside = Beside(HistoryOf(meter=lambda _: -500, pv=lambda at: 1000 * kw(at)), with_load=False)
    start = NOW.replace(hour=0, minute=0) - timedelta(days=30)
    hours = [start + timedelta(hours=hour) for hour in range(24 * 32)]
    noon = round((NOW.replace(hour=12, minute=0) + timedelta(days=1) - NOW) / QUARTER)
    beside.issue.look()
    without = beside.values("production")[noon]
    beside.prices = tuple(
        PriceInterval(start=at, end=at + timedelta(hours=1), spot_per_kwh=Decimal("0.1") - Decimal("0.02") * kw(at))
        for at in hours
    )
    beside.pass_time(QUARTER)
    assert beside.values("production")[noon - 1] > without + 0.8


def test_without_a_forecast_of_the_load_there_is_no_outlook():
    with pytest.raises(NoForecast, match=r"\[forecasts.load\]"):
        Beside(flat()).outlook()


def test_without_production_it_counts_as_nothing_and_this_is_said():
    beside = Beside(HistoryOf(meter=lambda _: -500))
    beside.issue.look()
    found = beside.outlook()
    assert found.production_kw == (0.0,) * 8
    assert any("no forecast of the production" in remark for remark in found.remarks)


def test_steps_behind_the_end_of_a_forecast_are_as_a_day_before():
    beside = Beside(flat())
    beside.issue.look()
    found = beside.outlook(steps=200)
    assert found.production_kw[192:] == pytest.approx(found.production_kw[96:104])
    assert any("does not reach over all steps" in remark for remark in found.remarks)


def test_the_past_error_and_the_band_are_told():
    rng = np.random.default_rng(1)
    noise = dict(enumerate(rng.integers(-200, 200, 5000).tolist()))
    history = HistoryOf(meter=lambda at: -1000 + noise[int(at.timestamp() // 900) % 5000], pv=lambda _: 0)
    beside = Beside(history)
    beside.pass_time(timedelta(days=5), step=timedelta(hours=4))
    quality = ForecastQuality(forecasts=beside.forecasts, measured=beside.measured).of("load", beside.now)
    assert quality.days == 4  # the first issue is four hours younger than five days
    assert 0.05 < quality.accuracy.relative < 0.2
    forecast = np.array(beside.values("load")[:A_DAY])
    assert len(quality.low_kw) == A_DAY
    assert (np.array(quality.low_kw) <= forecast + 0.2).all()
    assert (np.array(quality.high_kw) >= forecast - 0.2).all()
    assert ForecastQuality(forecasts=beside.forecasts, measured=beside.measured).of("price", beside.now) is None
