"""CSV as meter operators send it: which instant and which power each line is."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.texts.csv_series import LocalClock, clock_of, read_series, write_series
from energy_manager.domain.errors import Refused

BRUSSELS = clock_of("Europe/Brussels")
QUARTER = timedelta(minutes=15)


def series(text, *, clock=BRUSSELS, words=("load",)):
    octets = text if isinstance(text, bytes) else text.encode()
    return read_series(octets, label="load.csv", words=words, clock=clock)


def values(text, **how):
    return [value for _, value in series(text, **how).readings]


def quarter_hours(first, count, *, zone="Europe/Brussels", form="%Y-%m-%d %H:%M"):
    instants = [first + step * QUARTER for step in range(count)]
    return instants, [instant.astimezone(ZoneInfo(zone)).strftime(form) for instant in instants]


def refused(text, **how):
    with pytest.raises(Refused) as caught:
        series(text, **how)
    return {fault.field: fault.message for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("first", "count"),
    [
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 100),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 92),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 20),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 20),
    ],
    ids=["the day of 25 hours", "the day of 23 hours", "from within the first hour", "from within the second hour"],
)
@pytest.mark.parametrize("is_backwards", [False, True])
def test_local_quarter_hours_of_a_clock_change_are_the_instants_they_were(first, count, is_backwards):
    instants, written = quarter_hours(first, count)
    lines = [f"{time};{place}" for place, time in enumerate(written)]
    found = series("\n".join(["time;load_kw", *(lines[::-1] if is_backwards else lines)]))
    assert sorted(found.readings) == [(instant, place) for place, instant in enumerate(instants)]


def test_an_hour_that_comes_twice_may_be_listed_in_pairs():
    found = series("time;kW\n2026-10-25 02:00;1\n2026-10-25 02:00;2\n2026-10-25 02:15;3\n2026-10-25 02:15;4")
    assert [(time.hour, time.minute, value) for time, value in found.readings] == [
        (0, 0, 1),
        (1, 0, 2),
        (0, 15, 3),
        (1, 15, 4),
    ]


def test_an_hour_that_the_clocks_leap_over_may_be_listed_without_values_only():
    text = "time;load_kw\n2026-03-29 01:45;1\n2026-03-29 02:00;{}\n2026-03-29 03:00;3"
    assert values(text.format("")) == [1, 3]
    assert "does not exist in Europe/Brussels" in refused(text.format("2"))["load.csv:3"]


@given(
    first_quarter=st.integers(1_800_000, 2_200_000),
    count=st.integers(2, 300),
    zone=st.sampled_from(["Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    has_comma=st.booleans(),
)
def test_what_is_written_reads_back(first_quarter, count, zone, has_comma):
    start = datetime.fromtimestamp(first_quarter * QUARTER.total_seconds(), tz=UTC)
    times = [start + step * QUARTER for step in range(count)]
    powers = [step / 8 for step in range(count)]
    clock = clock_of(zone)
    written = write_series(times, {"load_kw": powers}, clock=clock, has_decimal_comma=has_comma)
    assert list(series(written, clock=LocalClock()).readings) == list(zip(times, powers, strict=True))


@pytest.mark.parametrize("header", ["load_kw", "Load [kW]", "load (kW)", "kW", "Verbruik in kW"])
def test_kw_in_the_header_are_kw(header):
    assert values(f"time,{header}\n2026-01-01T00:00Z,2.5\n2026-01-01T00:15Z,3") == [2.5, 3]


@pytest.mark.parametrize(
    ("header", "power"), [("W", 0.5), ("MW", 500_000), ("kWh", 2000), ("Wh", 2), ("load_wh", 2), ("Volume [MWh]", 2e6)]
)
def test_the_header_says_the_unit_and_energy_is_that_of_the_interval(header, power):
    assert values(f"time;{header}\n2026-01-01T00:00Z;500\n2026-01-01T00:15Z;500") == [power, power]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "1.234,5"], [1.5, 1234.5]),
        (["1.5", "2"], [1.5, 2]),
        (["1,5", ""], [1.5, None]),
        (["-", "3"], [None, 3]),
    ],
)
def test_numbers_may_have_a_decimal_comma(cells, expected):
    assert values(f"time;load_kw\n2026-01-01T00:00Z;{cells[0]}\n2026-01-01T00:15Z;{cells[1]}") == expected


def test_a_comma_between_cells_and_one_in_a_quoted_number_are_told_apart():
    assert values('time,load_kw\n2026-01-01T00:00Z,"1,5"\n2026-01-01T00:15Z,"2,5"') == [1.5, 2.5]


@pytest.mark.parametrize("time", ["02.03.2026 9:00", "02/03/2026 09:00:00", "02-03-2026 09:00", "2026-03-02T08:00Z"])
def test_times_may_have_the_day_first(time):
    assert series(f"Datum;kW\n{time};1").readings[0][0] == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_ends_of_intervals_alone_count_back_to_their_beginnings():
    found = series("bis;kWh\n01.01.2026 23:45;1\n01.01.2026 24:00;2")
    assert found.readings == (
        (datetime(2026, 1, 1, 22, 30, tzinfo=UTC), 4),
        (datetime(2026, 1, 1, 22, 45, tzinfo=UTC), 8),
    )


def test_the_export_of_a_flemish_meter_reads_as_it_comes():
    text = (
        "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN;Register;Volume;Eenheid\r\n"
        "25-10-2026;02:30:00;25-10-2026;02:45:00;54;Afname;0,125;kWh\r\n"
        "25-10-2026;02:45:00;25-10-2026;02:00:00;54;Afname;0,25;kWh\r\n"
        "25-10-2026;02:00:00;25-10-2026;02:15:00;54;Afname;0,5;kWh\r\n"
    )
    assert series(codecs.BOM_UTF8 + text.encode()).readings == (
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 0.5),
        (datetime(2026, 10, 25, 0, 45, tzinfo=UTC), 1),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), 2),
    )


def test_lines_before_the_header_and_excels_first_line_are_passed_over():
    assert values("sep=;\nMeter 12\n\nZeit;Leistung kW\n2026-01-01 00:00;1,5\n") == [1.5]


def test_of_several_columns_the_named_one_counts():
    text = "time,pv_kw,load_kw\n2026-01-01T00:00Z,1,2"
    assert values(text) == [2]
    assert values(text, words=("production", "pv")) == [1]
    assert "pv_kw, load_kw" in refused(text, words=("schedule",))["load.csv:1"]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "load.csv", "must be a header"),
        ("a;b\n1;2", "load.csv:1", "must be a header"),
        ("time;load\n2026-01-01T00:00Z;2", "load.csv:1", "says its unit"),
        ("time;load_kw", "load.csv", "has 0 lines"),
        ("time;load_kw\nnoon;2", "load.csv:2", "'noon' is no time"),
        ("time;load_kw\n2026-01-01T00:00Z;two", "load.csv:2, load_kw", "must be a number, not 'two'"),
        ("time;load_kw\n2026-01-01T00:00Z;1,5\n2026-01-01T00:15Z;1.5", "load.csv:3, load_kw", "not '1.5'"),
        ("time;kWh\n2026-01-01T00:00Z;1", "load.csv", "the length of its interval is unknown"),
        ("time;register;kWh\n2026-01-01T00:00Z;in;1\n2026-01-01T00:15Z;out;1", "load.csv", "several registers"),
        (b"time;load_kw\n\xe9;1", "load.csv:2", "save it as UTF-8"),
        ("time;value;unit\n2026-01-01T00:00Z;1;kW\n2026-01-01T00:15Z;1;kWh", "load.csv:3", "one for all"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(text, place, said):
    assert said in refused(text)[place]


def test_local_times_without_a_zone_are_refused_and_headers_may_say_utc():
    assert "--time-zone" in refused("time;kW\n2026-01-01 00:00;1", clock=LocalClock())["load.csv:2"]
    found = series("time (UTC);kW\n2026-01-01 00:00;1", clock=LocalClock())
    assert found.readings[0][0] == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(Refused, match="'Europe/Brussel' is no time zone"):
        clock_of("Europe/Brussel")
