"""Forecasts as they are put: what counts, and what is refused by its place."""

import json

import pytest

from energy_manager.domain.errors import EnergyManagerError, Refused
from energy_manager.entrypoints.documents.forecasts import forecast_from_json, forecast_name

ONE = {"time": "2026-03-02T13:00:00+01:00", "value": 41.5}
TWO = {"time": "2026-03-02T12:15:00Z", "value": 62}


def test_readings_are_kept_in_order_of_time_in_utc_and_of_the_same_time_the_last_counts():
    forecast = forecast_from_json(json.dumps([TWO, ONE, TWO | {"value": 60.0}]).encode(), "load")
    assert json.loads(forecast.readings) == [
        {"time": "2026-03-02T12:00:00Z", "value": 41.5},
        {"time": "2026-03-02T12:15:00Z", "value": 60.0},
    ]
    assert forecast.words == {
        "name": "load",
        "count": 2,
        "start": "2026-03-02T12:00:00Z",
        "end": "2026-03-02T12:15:00Z",
    }


def test_what_was_told_can_be_put_again():
    document = {"name": "load", "version": 3, "readings": [ONE, TWO]}
    assert forecast_from_json(json.dumps(document).encode(), "load").count == 2


def test_a_schedule_may_discharge_and_a_load_may_not():
    below = json.dumps([ONE | {"value": -5}]).encode()
    assert forecast_from_json(below, "schedule").count == 1
    with pytest.raises(Refused, match=r"readings\[0\]\.value: must be at least 0, not -5"):
        forecast_from_json(below, "load")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[", "the text is no JSON"),
        (b"[]", "not a list of 0"),
        (b"7", "not 7"),
        (b'{"reading": []}', "not null"),
        (b'[{"time": "noon", "value": 1}]', "readings[0].time: must be an ISO 8601 time"),
        (b'[{"time": "2026-03-02T12:00:00", "value": 1}]', "offset from UTC"),
        (b'[{"time": "2026-03-02T12:00:00Z"}]', "readings[0].value: is missing"),
        (b'[{"time": "2026-03-02T12:00:00Z", "value": NaN}]', "readings[0].value"),
        (b'[{"time": "2026-03-02T12:00:00Z", "value": null}]', "has no value that is not null"),
    ],
)
def test_what_is_no_forecast_is_refused(text, said):
    with pytest.raises(EnergyManagerError) as refusal:
        forecast_from_json(text, "load")
    assert said in str(refusal.value)


def test_a_name_that_no_forecast_has_is_refused_with_the_one_that_is_meant():
    assert forecast_name("load") == "load"
    with pytest.raises(Refused, match="did you mean production"):
        forecast_name("producton")
