"""The log is made to be read: a line a tick, a table a status round, transitions once."""

import io
import json
import re
import time
from dataclasses import replace

import pytest
from loguru import logger

from energy_manager.adapters.records.journals import LogJournal, NewestTick
from energy_manager.application.ports.records.journal import (
    DeviceChanged,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TicksSkipped,
)
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.dispatch import AssetStatus, ProportionalRedistribution
from energy_manager.entrypoints.running.logs import configure_logs
from tests.support.recorded import at


@pytest.fixture
def log():
    stream = io.StringIO()
    yield stream
    logger.remove()


def written(stream, *events, style="text", level="INFO"):
    configure_logs(stream, level=level, style=style)
    journal = LogJournal(power_unit="kW")
    for event in events:
        journal.record(event)
    journal.drain(until_s=time.monotonic() + 5)
    return stream.getvalue().splitlines()


def tick(scheduled, potentials, *, number=7, fault=""):
    dispatch = ProportionalRedistribution().dispatch(scheduled, potentials)
    return Tick(
        number=number,
        at=at(1.0),
        lag_s=0.0001,
        scheduled=scheduled,
        potentials=potentials,
        targets=dispatch.targets or dict.fromkeys(potentials, 0),
        shortfall=dispatch.shortfall,
        fault=fault,
    )


def test_a_tick_is_one_line_that_says_who_is_short_and_who_carries(log):
    (line,) = written(log, tick({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50}))
    assert line.endswith("tick 7   a 200 (+100)   b 250 (+150)   c 50 (short of 300)   total 500 of 500 kW")


@pytest.mark.parametrize(
    ("target", "reason", "said"),
    [
        (None, "released", "import 0.3 kW"),
        (None, "safe", "import 0.3 kW, safe: a released"),
        (5, "import limit", "import 0.3 kW, import limit: a 5"),
    ],
)
def test_what_the_storage_does_for_the_grid_connection_is_said_in_words(log, target, reason, said):
    hold = GridHold(storage="a", target=target, import_kw=0.3, reason=reason)
    (line,) = written(log, replace(tick({}, {"a": 50}), targets={"a": target}, hold=hold))
    assert line.endswith(f"of 0 kW   {said}")


@pytest.mark.parametrize(
    ("scheduled", "targets", "said"),
    [
        ({"a": -8}, {"a": -8}, "a takes 8   total takes 8 of 8 kW"),
        ({"a": -8}, {"a": -3}, "a takes 3 (scheduled takes 8)   total takes 3 of 8 kW"),
        ({"a": -8}, {"a": 5}, "a 5 (scheduled takes 8)   total delivers 5, scheduled takes 8 kW"),
    ],
)
def test_what_is_taken_is_said_in_words_and_never_as_a_bare_sign(log, scheduled, targets, said):
    (line,) = written(log, replace(tick(scheduled, {"a": 50}), targets=targets, shortfall=0))
    assert line.endswith(f"tick 7   {said}")


def test_an_export_is_said_so(log):
    hold = GridHold(storage="a", target=-30, import_kw=-52.1, reason="export limit")
    (line,) = written(log, replace(tick({}, {"a": 50}), targets={"a": -30}, hold=hold))
    assert line.endswith("export 52.1 kW, export limit: a takes 30")


def test_a_tick_that_could_not_be_decided_says_so_and_nothing_about_the_schedule(log):
    undecided = replace(tick({}, {"a": 1}), failure="ZeroDivisionError('a bug')")
    lines = written(log, tick({}, {"a": 1}, fault="gone"), undecided)
    assert len(lines) == 3
    assert lines[-1].endswith("tick 7   could not be decided: all 0")


def test_the_json_of_a_tick_has_the_fields_that_are_for_the_log(log):
    (line,) = written(log, tick({"a": 100}, {"a": 40}), style="json")
    said = json.loads(line)
    assert (said["tick"], said["lag_ms"], said["shortfall"]) == (7, 0.1, 60)
    assert (said["scheduled"], said["targets"]) == ({"a": 100}, {"a": 40})


def test_a_shortfall_is_said(log):
    (line,) = written(log, tick({"a": 100}, {"a": 40}))
    assert line.endswith("a 40 (short of 100)   total 40 of 100 kW   shortfall 60 kW")


def test_a_large_site_has_its_sums_in_the_line(log):
    scheduled = {f"asset_{n}": 10 for n in range(100)}
    (line,) = written(log, tick(scheduled, dict.fromkeys(scheduled, 20) | {"asset_3": 0}))
    assert line.endswith("tick 7   100 assets, 1 short   total 1000 of 1000 kW")


def test_a_missing_schedule_is_said_once_and_so_is_its_return(log):
    lost = tick({}, {"a": 5}, fault="Exception: gone")
    lines = written(log, lost, lost, tick({"a": 5}, {"a": 5}))
    assert sum("! no schedule, all devices are told 0: Exception: gone" in line for line in lines) == 1
    assert sum("known again" in line for line in lines) == 1


def test_statuses_are_a_table_with_one_line_a_device(log):
    read = StatusesRead(
        at_s=10.0,
        asset_ids=("asset_1", "b", "battery", "odd"),
        statuses={
            "asset_1": AssetStatus(output=100, highest=200, taken_at_s=9.75),
            "battery": AssetStatus(output=-3, output_w=-2600.0, highest=4, stored_wh=7250.0, taken_at_s=9.0),
            "odd": AssetStatus(taken_at_s=9.0),
        },
    )
    heading, *lines = written(log, read)
    assert heading.endswith("statuses of 4 devices")
    assert lines == [
        "    asset_1   delivers    100 kW   potential    200 kW   0.2 s old",
        "    b         missing",
        "    battery   takes         3 kW   potential      4 kW   stored 7.250 kWh   1.0 s old",
        "    odd       output missing   potential      0 kW   1.0 s old",
    ]


def test_everything_else_is_a_sentence(log):
    lines = written(
        log,
        TicksSkipped(what="ticks", count=3, late_s=6.1),
        DeviceChanged(asset_id="a", is_good=False, sentence="overdue"),
        DeviceChanged(asset_id="a", is_good=True, sentence="answers in time again"),
        Noticed(is_good=False, sentence="odd {braces} stay"),
        StatusesAsked(round=1, due_s=0.0),
    )
    assert [line.partition(" UTC ")[2].strip() for line in lines] == [
        "! held up for 6.1 s: 3 ticks skipped",
        "! a: overdue",
        "a: answers in time again",
        "! odd {braces} stay",
    ]


def test_on_request_each_line_is_json(log):
    read = StatusesRead(
        at_s=10.0, asset_ids=("a", "b"), statuses={"a": AssetStatus(output=1, highest=2, taken_at_s=9.0)}
    )
    lines = written(log, tick({"a": 100}, {"a": 40}), read, style="json")
    said_tick, said_statuses = map(json.loads, lines)
    assert said_tick["event"] == "tick"
    assert (said_tick["tick"], said_tick["targets"], said_tick["shortfall"]) == (7, {"a": 40}, 60)
    assert said_statuses["devices"] == [
        {"asset": "a", "output": 1, "potential": 2, "stored_wh": None, "age_s": 1.0},
        {"asset": "b", "missing": True},
    ]


def test_events_beyond_the_bound_are_dropped_and_counted(log):
    configure_logs(log, level="INFO", style="text")
    journal = LogJournal(power_unit="kW", max_events=1)
    for _ in range(2000):
        journal.record(Noticed(is_good=True, sentence="one of many"))
    journal.drain(until_s=time.monotonic() + 5)
    assert journal.dropped > 0
    assert log.getvalue().count("one of many") == 2000 - journal.dropped
    assert "events were not logged" in log.getvalue()


def test_when_only_stored_schedules_are_known_that_is_what_is_said(log):
    lines = written(log, tick({"a": 100}, {"a": 200}, fault="gone"))
    assert lines[0].endswith("no schedule, only stored schedules are followed: gone")
    assert "a 100" in lines[1]


def test_the_newest_tick_is_at_hand_and_other_events_do_not_displace_it():
    newest = NewestTick()
    assert newest() is None
    for number in (1, 2):
        newest.record(tick({"a": 1}, {"a": 1}, number=number))
        newest.record(Noticed(is_good=True, sentence="something"))
    assert newest().number == 2


class Unspeakable:
    """What no format can write."""

    def __format__(self, _):
        raise RuntimeError("no words")

    __str__ = __repr__ = __format__


def test_an_event_that_cannot_be_written_costs_its_own_line_and_the_next_is_logged(log):
    read = StatusesRead(
        at_s=1.0,
        asset_ids=("a",),
        statuses={"a": AssetStatus(output=Unspeakable(), highest=10**5000, taken_at_s=0.0)},
    )
    lines = written(log, read, Noticed(is_good=True, sentence="all is well"))
    assert "an event could not be logged (StatusesRead)" in lines[0]
    assert lines[-1].endswith("all is well")


def test_a_line_has_its_date_and_the_time_of_the_site_with_its_zone(log):
    stream = io.StringIO()
    configure_logs(stream, level="INFO", style="text", time_zone="Europe/Brussels")
    logger.info("hello")
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} CES?T   hello", stream.getvalue())
    stream = io.StringIO()
    configure_logs(stream, level="INFO", style="json", time_zone="Europe/Brussels")
    logger.info("hello")
    assert json.loads(stream.getvalue())["at"].endswith("+00:00")
