"""Recordings: what is written is read back exactly, and what is no recording is refused with its line."""

import json

import pytest

from energy_manager.adapters.records.recordings import read_recording, write_recording
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Bounds
from tests.support.recorded import tick

HOLD = GridHold(
    storage="s", target=9, import_kw=None, reason="held", import_limit_kw=50.0, export_limit_kw=20.0, shortfall_kw=0.5
)
TICKS = [
    tick({"a": 100, "ü\n": 10**30}, {"a": 50}),
    tick({"a": 100, "ü\n": 10**30}, {"a": 50}, number=1, lag_s=0.1 + 0.2),
    tick({"ü\n": 10**30, "a": 100}, {"a": 50}, number=2, unreadable=("a",), untold=("ü\n",)),
    tick({"a": 5}, {}, number=3, hold=HOLD, fault="gone"),
    tick({}, {}, number=4, idle=("a",), failure="a bug", lag_s=3.0),
    tick({"a": 5}, {}, number=5, bounds={"a": Bounds(lowest=None, highest=3), "b": Bounds(lowest=1)}),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "recording.jsonl"


def test_ticks_are_read_back_exactly_and_in_order(path):
    assert write_recording(path, TICKS) == 6
    read = list(read_recording(path))
    assert read == TICKS
    assert [list(entry.scheduled) for entry in read] == [list(entry.scheduled) for entry in TICKS]


def test_a_line_says_only_what_is_new(path):
    write_recording(path, TICKS)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0] == {"recording": "energy_manager", "version": 1}
    assert lines[2].keys() == {"number", "at", "lag_s"}
    assert "scheduled" in lines[3], "another order is news"


def refusal(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Refused) as refused:
        list(read_recording(path))
    return str(refused.value)


HEAD = '{"recording":"energy_manager","version":1}\n'
WHOLE = '{"number":0,"at":"2026-03-02T12:00:00Z"'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "this is no JSON"),
        (b"\xff\xfe", 1, "this is no JSON"),
        ("[" * 100_000, 1, "this is no JSON"),
        ('{"recording":"energy_manager","version":2}', 1, "this is no recording of this version"),
        (HEAD + "[]", 2, "is no tick, which is an object with number and at"),
        (HEAD + '{"number":0}', 2, "is no tick"),
        (HEAD + "{", 2, "this is no JSON"),
        (HEAD + WHOLE + "}", 2, "lacks lag_s, scheduled"),
        (HEAD + WHOLE + ',"colour":1}', 2, "'colour' is no field of a tick"),
        (HEAD + WHOLE + ',"lag_s":NaN}', 2, "NaN is not a number"),
        (HEAD + WHOLE + ',"lag_s":true}', 2, "lag_s: 'True' is not acceptable"),
        (HEAD + WHOLE + ',"shortfall":1.5}', 2, "shortfall: '1.5' is not acceptable"),
        (HEAD + WHOLE + ',"scheduled":{"a":true}}', 2, "scheduled: "),
        (HEAD + WHOLE + ',"scheduled":[]}', 2, "scheduled: "),
        (HEAD + WHOLE + ',"policy":5}', 2, "policy: '5' is not acceptable"),
        (HEAD + WHOLE + ',"untold":"a"}', 2, "untold: 'a' is not acceptable"),
        (HEAD + WHOLE + ',"hold":{"storage":"s"}}', 2, "hold: "),
        (HEAD + '{"number":0,"at":"2026-03-02T12:00:00"}', 2, "at: '2026-03-02T12:00:00' is not acceptable"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line(path, text, line, words):
    said = refusal(path, text)
    assert said.startswith(f"{path}:{line}: ")
    assert words in said


def test_a_file_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(Refused, match="cannot be read: No such file or directory"):
        list(read_recording(tmp_path / "nothing"))
    with pytest.raises(Refused, match="cannot be written: No such file or directory"):
        write_recording(tmp_path / "nowhere" / "x", TICKS)


def test_a_recording_that_breaks_off_leaves_what_was_there(path):
    path.write_text("mine")

    def broken():
        yield TICKS[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_recording(path, broken())
    assert path.read_text() == "mine"
    assert list(path.parent.iterdir()) == [path]
