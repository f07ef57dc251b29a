"""Answers in the shape of the two services, served on loopback."""

import json

import pytest

from energy_manager.adapters.forecasts import SERVICES, SunOptions
from energy_manager.application.ports.forecasts.sun_service import SunUnavailable
from tests.support.price_services import served

# 2026-06-10T10:00Z
TEN = 1_781_085_600.0
METEO = {
    "latitude": 52.52,
    "longitude": 13.41,
    "utc_offset_seconds": 0,
    "minutely_15_units": {"time": "iso8601", "global_tilted_irradiance": "W/m²"},
    "minutely_15": {
        "time": ["2026-06-10T10:00", "2026-06-10T10:15", "2026-06-10T10:30", "2026-06-10T10:45"],
        "global_tilted_irradiance": [800.0, 400.0, -1.6, None],
    },
}
SOLAR = {
    "result": {
        "2026-06-10T10:30:00+00:00": 2000,
        "2026-06-10T10:00:00+00:00": 1000,
        "2026-06-10T11:00:00+00:00": 0,
    },
    "message": {"code": 0, "type": "success", "text": "", "ratelimit": {"period": 3600, "limit": 12, "remaining": 10}},
}


def service(name, url):
    options = SunOptions(latitude=52.52, longitude=13.41, tilt=30, azimuth=-10, kwp=5, efficiency=0.8, url=url)
    return SERVICES[name](options)


def test_open_meteo_states_means_of_the_quarter_hour_before():
    with served(json.dumps(METEO)) as (asked, url):
        found = service("open_meteo", url).fetch()
    assert list(found.times_s) == [TEN - 900, TEN, TEN + 900]
    # 800 W/m² on 5 kWp at 80 %: 3.2 kW. What is below 0 at night is 0, what is not known is left out.
    assert list(found.power_kw) == pytest.approx([3.2, 1.6, 0.0])
    (request,) = asked.asked
    assert request[1].startswith("/v1/forecast?latitude=52.52&longitude=13.41&minutely_15=global_tilted_irradiance")
    assert "tilt=30&azimuth=-10" in request[1]
    assert "timezone=UTC" in request[1]


def test_forecast_solar_states_powers_at_instants_with_straight_lines_between():
    with served(json.dumps(SOLAR)) as (asked, url):
        found = service("forecast_solar", url).fetch()
    assert list(found.times_s) == [TEN, TEN + 900, TEN + 1800, TEN + 2700, TEN + 3600]
    # 1,000 W at 10:00 and 2,000 at 10:30: 1,250 W in the middle of the first quarter hour.
    assert list(found.power_kw) == pytest.approx([1.25, 1.75, 1.5, 0.5, 0.0])
    assert asked.asked[0][1] == "/estimate/watts/52.52/13.41/30/-10/5?time=utc"


@pytest.mark.parametrize("name", ["open_meteo", "forecast_solar"])
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((429, '{"message": "Rate limit"}'), "answered 429"),
        ((200, "no json"), "cannot be read"),
        ((200, "{}"), "cannot be read"),
        ((200, "[]"), "cannot be read"),
        (
            (200, '{"result": {"yesterday": 3}, "minutely_15": {"time": ["?"], "global_tilted_irradiance": [1]}}'),
            "time",
        ),
        (
            (
                200,
                '{"result": {"2026-06-10T10:00:00Z": "much"}, "minutely_15": {"time": ["2026-06-10T10:00"],'
                ' "global_tilted_irradiance": ["much"]}}',
            ),
            "is no power",
        ),
        (
            (200, '{"result": {}, "minutely_15": {"time": ["2026-06-10T10:00"], "global_tilted_irradiance": [null]}}'),
            "cannot be read",
        ),
    ],
)
def test_an_answer_that_cannot_be_right_is_no_forecast_and_says_why(name, answer, why):
    with served(answer) as (_, url), pytest.raises(SunUnavailable, match=why):
        service(name, url).fetch()


def test_a_service_that_is_away_is_one_sentence():
    with pytest.raises(SunUnavailable, match="cannot be reached"):
        service("open_meteo", "http://127.0.0.1:9").fetch()
