"""Forecasts as they are put: what counts, and what is refused by its place."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.domain.errors import EnergyManagerError, Refused
from energy_manager.domain.forecast import Unit
from energy_manager.entrypoints.documents.forecasts.answer import forecast_document, readings_document
from energy_manager.entrypoints.documents.forecasts.request import forecast_from_json

ONE = {"time": "2026-03-02T13:00:00+01:00", "value": 41.5}
TWO = {"time": "2026-03-02T12:15:00Z", "value": 62}
NOW = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)


def read(document, name="load"):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return forecast_from_json(text, name, now=NOW)


def test_readings_are_kept_in_order_of_time_in_utc_and_of_the_same_time_the_last_counts():
    forecast = read([TWO, ONE, TWO | {"value": 60.0}])
    assert readings_document(forecast) == [
        {"time": "2026-03-02T12:00:00Z", "value": 41.5},
        {"time": "2026-03-02T12:15:00Z", "value": 60.0},
    ]
    assert (forecast.name, forecast.unit, forecast.issued_at) == ("load", Unit.KW, NOW)


def test_what_was_told_can_be_put_again():
    forecast = read([ONE, TWO])
    told = forecast_document(forecast, forecast.head(3)).unwrap()
    assert json.loads(told)["issued_at"] == "2026-03-02T11:30:00Z"
    assert read(told) == forecast


def test_a_schedule_may_discharge_and_a_load_may_not():
    below = [ONE | {"value": -5}]
    assert len(read(below, "schedule").values) == 1
    with pytest.raises(Refused, match=r"readings\[0\]\.value: must be from 0 to 1000000000, not -5"):
        read(below)


def test_other_units_are_turned_into_the_forecasts_own():
    assert list(read({"unit": "W", "readings": [ONE | {"value": 1500}]}).values) == [1.5]
    assert list(read([ONE | {"value": 1500, "unit": "W"}, TWO | {"unit": "MW"}]).values) == [1.5, 62_000.0]
    price = read({"unit": "EUR/MWh", "readings": [ONE, TWO | {"value": 30, "unit": "ct/kWh"}]}, "price")
    assert price.unit is Unit.EUR_PER_KWH
    assert list(price.values) == pytest.approx([0.0415, 0.3])


def test_a_unit_that_is_none_of_these_is_refused_where_it_stands():
    with pytest.raises(Refused, match=r"readings\[1\]\.unit: must be one of kW, W, MW, not 'kWh'"):
        read([ONE, TWO | {"unit": "kWh"}])
    with pytest.raises(Refused, match="unit: must be one of kW, W, MW, not 'EUR/kWh'"):
        read({"unit": "EUR/kWh", "readings": [ONE]})


def test_any_name_will_do_that_says_its_unit():
    assert read({"unit": "EUR/kWh", "readings": [ONE]}, "spot").unit is Unit.EUR_PER_KWH
    with pytest.raises(Refused, match=r"'lod' is none of load, production, .* so it says its unit; did you mean load"):
        read([ONE], "lod")


def test_a_forecast_says_when_it_was_issued_but_not_later_than_now():
    early = NOW - timedelta(days=20)
    assert read({"issued_at": early.isoformat(), "readings": [ONE]}).issued_at == early
    with pytest.raises(Refused, match="issued_at: must not be later than now"):
        read({"issued_at": (NOW + timedelta(hours=2)).isoformat(), "readings": [ONE]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[", "the text is no JSON"),
        (b"[]", "readings: must have 1 to 200000 entries, not 0"),
        (b"7", "readings: must be a list, not 7"),
        (b'{"reading": []}', "reading: is not a field here; did you mean readings?"),
        (b'[{"time": "noon", "value": 1}]', "readings[0].time: must be an ISO 8601 time"),
        (b'[{"time": "2026-03-02T12:00:00", "value": 1}]', "offset from UTC"),
        (b'[{"time": "2026-03-02T12:00:00Z"}]', "readings[0].value: is missing"),
        (b'[{"time": "2026-03-02T12:00:00Z", "value": NaN}]', "readings[0].value"),
        (b'[{"time": "2026-03-02T12:00:00Z", "value": null}]', "has no value that is not null"),
    ],
)
def test_what_is_no_forecast_is_refused(text, said):
    with pytest.raises(EnergyManagerError) as refusal:
        read(text)
    assert said in str(refusal.value)
