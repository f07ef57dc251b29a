"""Schedules as people write them: JSON by HTTP and file, CSV by file."""

import json
from datetime import UTC, datetime

import pytest

from energy_manager.adapters.texts.csv_series import LocalClock, clock_of
from energy_manager.adapters.texts.json_text import NotJson
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import AcceptedSchedule, Source
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.documents.schedules.answer import full_document
from energy_manager.entrypoints.documents.schedules.csv_lines import schedule_csv, schedule_from_csv
from energy_manager.entrypoints.documents.schedules.request import read_schedule_document, schedule_from_json

NOON, ONE, TWO = "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", "2026-03-02T14:00:00Z"


def at(hour):
    return datetime(2026, 3, 2, hour, tzinfo=UTC)


def block(start=NOON, end=ONE, **targets):
    return {"start": start, "end": end, "targets": targets or {"a": 1}}


def read(*blocks, **more):
    return schedule_from_json(json.dumps({"blocks": list(blocks), **more}).encode(), "plan")


def faults(call, *arguments):
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    return {fault.field: fault.message for fault in refusal.value.faults}


def faults_of(**document):
    return faults(schedule_from_json, json.dumps(document).encode(), "plan")


def test_a_schedule_is_read_with_its_source_and_manual_is_the_default():
    schedule = read(block(a=120, b=-80), source="production")
    assert (schedule.id, schedule.source) == ("plan", Source.PRODUCTION)
    (only,) = schedule.blocks
    assert (only.start, only.end, only.targets) == (at(12), at(13), {"a": 120, "b": -80})
    assert read(block()).source is Source.MANUAL


def test_blocks_may_come_in_any_order_and_zone():
    schedule = read(block(ONE, TWO), block("2026-03-02T13:00:00+01:00", "2026-03-02T14:00:00+01:00", a=2))
    assert [(entry.start, entry.targets["a"]) for entry in schedule.blocks] == [(at(12), 2), (at(13), 1)]


def test_a_whole_number_may_be_written_with_decimals():
    text = f'{{"blocks": [{{"start": "{NOON}", "end": "{ONE}", "targets": {{"a": 120.0, "b": 1e2}}}}]}}'
    assert schedule_from_json(text.encode(), "plan").blocks[0].targets == {"a": 120, "b": 100}


def test_what_is_shown_can_be_put_again():
    schedule = read(block(a=5), block(ONE, TWO, b=7), source="flexibility")
    shown = full_document(AcceptedSchedule(schedule=schedule, number=3, accepted_at=at(9)))
    assert (shown["number"], shown["start"], shown["end"], shown["assets"]) == (3, NOON, TWO, ["a", "b"])
    assert schedule_from_json(json.dumps(shown).encode(), "plan") == schedule


def test_a_refusal_crosses_from_a_worker_with_the_first_of_its_faults():
    text = json.dumps({"blocks": [1] * 5_000}).encode()
    planned = read_schedule_document(text, "plan", PlanningSite(controllable=()))
    assert isinstance(planned.error, Refused)
    assert len(planned.error.faults) == 1_001
    assert planned.error.faults[-1].message == "4000 more values are at fault"


def test_text_that_is_no_json():
    with pytest.raises(NotJson):
        schedule_from_json(b"{", "plan")


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"blocks": []}, "blocks", "must have at least 1 entry, not 0"),
        ({}, "blocks", "is missing"),
        ({"blocks": 5}, "blocks", "must be a list, not 5"),
        ({"blocks": [block()], "sorce": 1}, "sorce", "is not a field here; did you mean source?"),
        ({"blocks": [block()], "id": "other"}, "id", "must be 'plan', where it is put, not 'other'"),
        ({"blocks": [block()], "source": 5}, "source", "must be one of manual, production,"),
        ({"blocks": [block()], "source": "hold"}, "source", "must be one of manual, production,"),
        ({"blocks": ["x"]}, "blocks[0]", "must be an object, not 'x'"),
        ({"blocks": [block() | {"starts": 1}]}, "blocks[0].starts", "is not a field here; did you mean start?"),
        ({"blocks": [{"end": ONE, "targets": {"a": 1}}]}, "blocks[0].start", "is missing"),
        ({"blocks": [block("noon")]}, "blocks[0].start", "must be an ISO 8601 time such as 2026-03-02T00:00:00Z"),
        ({"blocks": [block(12)]}, "blocks[0].start", "must be an ISO 8601 time"),
        ({"blocks": [block("2026-03-02T12:00:00")]}, "blocks[0].start", "must have an offset from UTC"),
        ({"blocks": [block(ONE, NOON)]}, "blocks[0].end", "is not after the start"),
        ({"blocks": [block(NOON, TWO), block(ONE, TWO)]}, "blocks[1].start", "is inside blocks[0]"),
        ({"blocks": [{"start": NOON, "end": ONE, "targets": {}}]}, "blocks[0].targets", "must have at least 1 entry"),
        ({"blocks": [{"start": NOON, "end": ONE}]}, "blocks[0].targets", "is missing"),
        ({"blocks": [block() | {"targets": [1]}]}, "blocks[0].targets", "must be an object, not a list"),
        ({"blocks": [block(a=1.5)]}, "blocks[0].targets.a", "must be a whole number, not 1.5"),
        ({"blocks": [block(a=True)]}, "blocks[0].targets.a", "must be a number, not true"),
        ({"blocks": [block(a="100")]}, "blocks[0].targets.a", "must be a number, not '100'"),
        ({"blocks": [block(a=None)]}, "blocks[0].targets.a", "must be a number, not null"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(document, field, said):
    assert said in faults_of(**document)[field]


def test_what_is_no_object_is_no_schedule():
    assert faults(schedule_from_json, b"[]", "plan") == {"request": "must be an object, not a list"}


def csv(*lines):
    return "\n".join(["start,end,asset,target", *lines]).encode()


def test_csv_lines_become_blocks_cut_where_a_line_begins_or_ends():
    text = csv(f"{NOON},{TWO},a,1", f"{ONE},{TWO},b,-2", "")
    schedule = schedule_from_csv(b"\xef\xbb\xbf" + text, "plan")
    assert [(entry.start, entry.end, entry.targets) for entry in schedule.blocks] == [
        (at(12), at(13), {"a": 1}),
        (at(13), at(14), {"a": 1, "b": -2}),
    ]


def test_between_csv_lines_the_schedule_says_nothing():
    schedule = schedule_from_csv(csv(f"{ONE},{TWO},a,1", f"2026-03-02T10:00Z,{NOON},a,2"), "plan")
    assert [(entry.start, entry.end) for entry in schedule.blocks] == [(at(10), at(12)), (at(13), at(14))]


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        (b"", "line 1", "must be start,end,asset,target"),
        (b"a,b\n1,2", "line 1", "'a,b' must be start,end,asset,target"),
        (b"\xff", "line 1", "is not UTF-8 text"),
        (csv(), "blocks", "there is none"),
        (csv("1,2,3"), "line 2", "has 3 values, not 4"),
        (csv(f"{NOON},{ONE},a,1.5"), "line 2, target", "'1.5' is not a whole number"),
        (csv(f"{NOON},{ONE},a,"), "line 2, target", "'' is not a whole number"),
        (csv(f"{NOON},{ONE},,1"), "line 2, asset", "is empty"),
        (csv(f"noon,{ONE},a,1"), "line 2, start", "'noon' is no time"),
        (csv(f"{ONE},{NOON},a,1"), "line 2, end", "is not after the start"),
        (csv(f"{NOON},{TWO},a,1", f"{ONE},{TWO},a,2"), "line 3", "overlaps line 2, which speaks for 'a' too"),
    ],
)
def test_what_is_wrong_in_csv_is_told_by_its_line(text, field, said):
    assert said in faults(schedule_from_csv, text, "plan")[field]


def test_csv_may_have_semicolons_local_times_and_kilowatts():
    text = (
        b"start;end;asset;target_kw\n25.10.2026 02:45;25.10.2026 02:00;a;1,5\n25.10.2026 02:00;25.10.2026 02:15;a;2\n"
    )
    read = schedule_from_csv(text, "plan", clock=clock_of("Europe/Brussels"), steps_per_kw=10)
    assert [(block.start.isoformat(), block.end.isoformat(), block.targets) for block in read.blocks] == [
        ("2026-10-25T00:45:00+00:00", "2026-10-25T01:00:00+00:00", {"a": 15}),
        ("2026-10-25T01:00:00+00:00", "2026-10-25T01:15:00+00:00", {"a": 20}),
    ]


def test_powers_in_csv_need_whole_steps_of_a_known_site():
    text = b"start,end,asset,target_w\n2026-10-25T00:00Z,2026-10-25T01:00Z,a,1550\n"
    assert "power step" in faults(schedule_from_csv, text, "plan")["line 1"]
    with pytest.raises(Refused, match="whole steps of the site"):
        schedule_from_csv(text, "plan", steps_per_kw=1)


def test_a_schedule_is_written_as_csv_that_reads_back():
    put = schedule_from_csv(csv(f"{NOON},{ONE},a,1", f"{ONE},{TWO},b,-2"), "plan")
    accepted = AcceptedSchedule(schedule=put, accepted_at=put.blocks[0].start, number=1)
    for clock in (LocalClock(), clock_of("Europe/Brussels")):
        assert schedule_from_csv(schedule_csv(accepted, clock=clock), "plan") == put
