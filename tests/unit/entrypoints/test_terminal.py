"""Lines break between words, tables have columns, and times are those of the clock on the wall."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.entrypoints.command_line.terminal import (
    folded,
    is_for_people,
    local_span,
    local_time,
    table,
    width_of,
)
from energy_manager.entrypoints.running.logs import closing_line

BRUSSELS = ZoneInfo("Europe/Brussels")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_only_a_terminal_has_a_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    assert (width_of(Terminal()), width_of(io.StringIO()), width_of(None)) == (72, None, None)
    monkeypatch.setenv("COLUMNS", "3")
    assert width_of(Terminal()) == 20
    monkeypatch.setattr("sys.stdout", Terminal())
    assert is_for_people()


def test_a_line_is_folded_between_words_and_indented():
    assert folded("  asset_1: told 100 kW by the schedule", 20) == [
        "  asset_1: told",
        "    100 kW by the",
        "    schedule",
    ]
    assert folded("short", 20) == folded("short", None) == ["short"]


def test_what_stands_between_gaps_stays_together_where_it_can():
    line = "tick 0   asset_1 200 (+100)   asset_3 50 (short of 300)   total 250 of 400 kW"
    assert folded(line, 40) == [
        "tick 0   asset_1 200 (+100)",
        "  asset_3 50 (short of 300)",
        "  total 250 of 400 kW",
    ]


def test_a_word_that_is_too_long_stays_whole():
    assert folded("see http://127.0.0.1:8888/a/long/address now", 20) == [
        "see",
        "  http://127.0.0.1:8888/a/long/address",
        "  now",
    ]


@given(st.lists(st.text(alphabet="abc-/.:", min_size=1, max_size=12), min_size=1, max_size=30), st.integers(20, 90))
def test_nothing_is_lost_and_no_word_broken(words, width):
    lines = folded(" ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(len(line) <= width for line in lines)


def test_a_tables_last_column_is_folded_and_its_names_are_printable():
    rows = [("a", "told by the schedule of the site"), ("bcd\x1b[2J", "")]
    assert list(table(("asset", "why"), rows, width=32)) == [
        "asset       why",
        "a           told by the schedule",
        "              of the site",
        r"bcd\x1b[2J",
    ]
    assert list(table(("asset", "why"), rows, width=None))[1] == "a           told by the schedule of the site"


def test_where_columns_leave_no_room_each_row_is_an_entry_of_lines():
    rows = [("a" * 12, "one", "told by the schedule of the site"), ("b", "", "")]
    assert list(table(("asset", "state", "why"), rows, width=30)) == [
        "aaaaaaaaaaaa",
        "  state  one",
        "  why    told by the schedule",
        "    of the site",
        "b",
    ]


def test_times_are_those_of_the_wall():
    at, later = datetime(2026, 3, 2, 11, 0, 5, tzinfo=UTC), datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert local_time(at, BRUSSELS) == "Mon 2 Mar 12:00:05"
    assert local_time(None, BRUSSELS) == ""
    assert local_span(at, later, BRUSSELS) == "Mon 2 Mar 12:00:05 to Tue 3 Mar 00:30:00"
    assert local_span(at, at, BRUSSELS) == "Mon 2 Mar 12:00:05 to 12:00:05"


def test_the_last_line_of_a_run_is_folded_like_the_log(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stderr", Terminal())
    sentence = "ticks 32, skipped 0, lag p50 3.7 ms p99 426.3 ms max 426.3 ms"
    assert closing_line(sentence, "text").splitlines() == [
        "ticks 32, skipped 0, lag p50 3.7 ms p99",
        "  426.3 ms max 426.3 ms",
    ]
