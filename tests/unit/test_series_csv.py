import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from energy_manager.adapters.texts.series_csv import read_csv_series
from energy_manager.domain.errors import Refused

BERLIN = ZoneInfo("Europe/Berlin")


def read(text, of="power"):
    return read_csv_series(text.encode(), name="load.csv", zone=BERLIN, of=of)


def instants(text):
    return [datetime.fromtimestamp(at, tz=UTC).strftime("%d %H:%M") for at in read(text).times_s]


@pytest.mark.parametrize(
    ("header", "wanted"), [("load_kw", 1500.0), ("P [W]", 1.5), ("MW", 1_500_000.0), ("Verbrauch (kWh)", 6000.0)]
)
def test_the_unit_is_in_the_header(header, wanted):
    # A kWh in a quarter hour is 4 kW.
    found = read(f"time,{header}\n2026-03-02T00:00Z,1500\n2026-03-02T00:15Z,1500\n")
    assert found.values == (wanted, wanted)


@pytest.mark.parametrize(
    ("header", "wanted"), [("price_eur_per_kwh", 80.0), ("EUR/MWh", 0.08), ("ct/kWh", 0.8), ("€/MWh", 0.08)]
)
def test_prices_are_per_kwh(header, wanted):
    assert read(f"start,{header}\n2026-03-02T00:00Z,80\n", of="price").values == (pytest.approx(wanted),)


def test_our_own_shape_of_prices_is_read():
    text = "start,end,price\n2026-03-02T00:00Z,2026-03-02T01:00Z,0.09\n"
    assert read(text, of="price").values == (0.09,)


def test_semicolons_go_with_decimal_commas_and_local_times():
    text = "\ufeffZeit;kW\n02.03.2026 00:00;1,5\n02.03.2026 00:15;2,25\n"
    assert read(text).values == (1.5, 2.25)
    assert instants(text) == ["01 23:00", "01 23:15"]


def test_the_hour_that_the_clock_shows_twice_is_read_twice():
    clock = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
    text = "time;kW\n" + "".join(f"2026-10-25 {at};1\n" for at in clock)
    assert instants(text) == [
        *("24 23:45", "25 00:00", "25 00:15", "25 00:30", "25 00:45"),
        *("25 01:00", "25 01:15", "25 01:30", "25 01:45", "25 02:00"),
    ]


def test_an_empty_value_is_a_gap():
    found = read("time,kW\n2026-03-02T00:00Z,\n2026-03-02T00:15Z,2\n").values
    assert math.isnan(found[0])
    assert found[1] == 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have a header, and rows of a time and a value"),
        ("time,kW\n", "must have a header, and rows of a time and a value"),
        ("time,power\n2026-03-02T00:00Z,1\n", "'power' names no unit; there are kwh, mw, kw, w"),
        ("time,kW\nyesterday,1\n", "line 2: 'yesterday' is no time"),
        ("time,kW\n2026-03-02T00:00Z,much\n", "line 2: 'much' is no number"),
        ("time,kW\n2026-03-02T00:00Z,inf\n", "line 2: 'inf' is no number"),
        ("time,kW\n2026-03-02T00:15Z,1\n2026-03-02T00:00Z,1\n", "line 3: 2026-03-02T00:00Z is not after"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, message):
    with pytest.raises(Refused, match=r"load\.csv") as refused:
        read(text)
    assert message in str(refused.value)


def test_other_encodings_are_refused():
    with pytest.raises(Refused, match="is not UTF-8"):
        read_csv_series("time,kW\nä".encode("latin-1"), name="load.csv", zone=BERLIN, of="power")
