"""A field of a tick is one line: the store, recordings, explanations, the page and the log then have it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pytest

from energy_manager.adapters.records.record_json import form_of
from energy_manager.adapters.records.recordings import read_recording, write_recording
from energy_manager.adapters.storage.sql.history.array_codec import Packed
from energy_manager.adapters.storage.sql.history.chunk_decoding import records_of
from energy_manager.adapters.storage.sql.history.chunk_encoding import ChunkEncoder, asset_set_of, packed_as_text
from energy_manager.adapters.storage.sql.history.codecs.fields import layout_of
from energy_manager.application.explanation import Explanation
from energy_manager.application.explanation.replay import replay
from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.records.kept_fields import kept_fields, shown
from energy_manager.application.ports.records.tick import Tick
from energy_manager.entrypoints.documents.explanation import explanation_document, told_schema
from tests.support.recorded import at, tick


@dataclass(frozen=True, slots=True, kw_only=True)
class WindyTick(Tick):
    """What a developer writes who wants to know the wind: one line."""

    wind_m_s: Mapping[str, float] = field(default_factory=dict, metadata=shown("wind_m_s", "gusts", in_log=True))


def windy(said: Tick, **wind_m_s: float) -> WindyTick:
    return WindyTick(**{of.name: getattr(said, of.name) for of in fields(said)}, wind_m_s=wind_m_s)


PLAIN = [tick({"a": 5, "b": 2}, {"a": 1, "b": 9}), tick({"a": 5, "b": 3}, {"a": 9, "b": 9}, number=1)]
TICKS = [windy(PLAIN[0], a=3.125, b=0.25), windy(PLAIN[1], mast=-1.5)]


def in_the_store(*records):
    """What the store keeps of the records, as its chunks."""
    chunks = []
    for record in records:
        chunk = ChunkEncoder(asset_set_of(record))
        chunk.add(record)
        chunks.append((Packed(chunk.packed()), chunk.asset_set))
    return chunks


def read_back(record, chunks):
    return [said for packed, asset_set in chunks for said in records_of(record, packed, asset_set)]


def test_the_store_keeps_a_new_field():
    assert read_back(WindyTick, in_the_store(*TICKS)) == TICKS


def test_a_tick_kept_as_text_has_the_new_field():
    endless = windy(tick({"a": 10**30}, {"a": 1}), a=2.5)
    assert list(records_of(WindyTick, Packed(packed_as_text(endless)), ("a",))) == [endless]


def test_chunks_of_before_say_the_default_of_a_new_field():
    assert read_back(WindyTick, in_the_store(*PLAIN)) == [windy(said) for said in PLAIN]


def test_a_recording_has_the_new_field_and_replays(tmp_path):
    path = tmp_path / "recording.jsonl"
    write_recording(path, TICKS)
    assert list(read_recording(path, WindyTick)) == TICKS
    assert replay(read_recording(path, WindyTick)).sentence() == "no difference in 2 ticks"


def test_recordings_of_before_say_the_default_of_a_new_field(tmp_path):
    path = tmp_path / "recording.jsonl"
    write_recording(path, PLAIN)
    assert list(read_recording(path, WindyTick)) == [windy(said) for said in PLAIN]


def test_an_explanation_tells_the_new_field_and_describes_it():
    explanation = Explanation(asset_id="a", asked_at=at(0), tick=TICKS[0], sentences=())
    assert explanation_document(explanation)["wind_m_s"] == 3.125
    assert told_schema(WindyTick)["wind_m_s"] == {"type": ["number", "null"], "description": "gusts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OddTick(Tick):
    moon: complex = 0j


def test_a_field_of_a_type_that_cannot_be_kept_says_so():
    with pytest.raises(TypeError, match="no form in a chunk for the field moon of the type <class 'complex'>"):
        layout_of(OddTick)
    with pytest.raises(TypeError, match="no JSON form for a field of the type <class 'complex'>"):
        form_of(complex)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickWithGaps(Tick):
    wished: Mapping[str, int | None] = field(default_factory=dict)


def test_a_value_that_is_none_is_told_from_one_that_is_not_there():
    said = {of.name: getattr(PLAIN[0], of.name) for of in fields(Tick)}
    ticks = [
        TickWithGaps(**said, wished=wished) for wished in ({"a": 1, "b": 2}, {"a": None}, {"b": None, "a": -3}, {})
    ]
    chunk = ChunkEncoder(("a", "b"))
    for entry in ticks:
        chunk.add(entry)
    assert list(records_of(TickWithGaps, Packed(chunk.packed()), chunk.asset_set)) == ticks


@pytest.mark.parametrize("record", [Tick, StatusRecord])
def test_every_field_has_a_form_in_chunks_and_in_json(record):
    assert [of.name for of, _ in layout_of(record)] == [of.name for of in kept_fields(record) if of.name != "at"]
    assert all(form_of(of.kind) for of in kept_fields(record))


def test_statuses_keep_every_field_of_a_status():
    rounds = StatusRecord(at=at(0), statuses={"a": StatusOf(output=-3, potential=7, age_s=1.25)})
    assert read_back(StatusRecord, in_the_store(rounds)) == [rounds]
    assert list(records_of(StatusRecord, Packed(packed_as_text(rounds)), ("a",))) == [rounds]
