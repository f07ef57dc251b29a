"""Requests are read exactly: every digit counts, nothing is converted, and each fault is named once by its path."""

import json
from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from energy_manager.adapters.texts.json_text import NotJson
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.flexibility import ENGINES
from energy_manager.domain.schedule import Source
from energy_manager.entrypoints.jobs import JOBS, planning_job
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.exact import ExactModel, FaultsFound, Instant, Number, RequestModel, read_document
from energy_manager.entrypoints.jobs.exact.document import OutsizedNumber
from energy_manager.entrypoints.jobs.exact.faults import capped
from energy_manager.entrypoints.settings import Settings
from tests.support.documents import text_of
from tests.support.golden import recorded, rows


class Part(ExactModel):
    share: Annotated[int | Decimal, Number(above=0, at_most=1)]


class Sample(ExactModel):
    count: Annotated[int, Number(at_least=1, at_most=10**18)] = 1
    power: Annotated[int | Decimal, Number(at_least=-5, at_most=10)] = 0
    level: Annotated[float, Number(at_least=0)] = 0.0
    at: Instant | None = None
    parts: list[Part] = Field(default_factory=list)


SAMPLE: RequestModel[Sample] = RequestModel(Sample)
FLOATS: RequestModel[Sample] = RequestModel(Sample, decimals=False)


def faults(text, model=SAMPLE):
    with pytest.raises(Refused) as refused:
        model.read(text.encode())
    return {fault.field: fault.message for fault in refused.value.faults}


def test_a_decimal_keeps_every_digit():
    assert SAMPLE.read(b'{"power": 0.1234567890123456789012345678901234567}').power == Decimal(
        "0.1234567890123456789012345678901234567"
    )
    assert SAMPLE.read(b'{"power": 5}').power == 5
    assert type(SAMPLE.read(b'{"power": 5}').power) is int


@pytest.mark.parametrize("spelled", ["100", "100.0", "1e2", "1.00E+2"])
def test_a_whole_number_may_be_written_in_many_ways(spelled):
    for model in (SAMPLE, FLOATS):
        assert model.read(f'{{"count": {spelled}}}'.encode()).count == 100


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ('{"power": "5"}', "power", "must be a number, not '5'"),
        ('{"power": true}', "power", "must be a number, not true"),
        ('{"power": null}', "power", "must be a number, not null"),
        ('{"power": NaN}', "power", "must be a finite number, not NaN"),
        ('{"power": -Infinity}', "power", "must be a finite number, not -Infinity"),
        ('{"power": 1e400}', "power", "must be from -5 to 10, not 1E+400"),
        ('{"power": 1e-400}', "power", "must have at most 50 decimals, not 1E-400"),
        ('{"power": 10.0000000000000000000001}', "power", "must be from -5 to 10, not 10.0000000000000000000001"),
        ('{"count": 1.5}', "count", "must be a whole number from 1 to 1000000000000000000, not 1.5"),
        ('{"count": 1000000000000000001}', "count", None),
        ('{"level": "1"}', "level", "must be a number, not '1'"),
        ('{"level": false}', "level", "must be a number, not false"),
        ('{"level": -1}', "level", "must be at least 0, not -1"),
        ('{"at": "2026-03-02T00:00:00"}', "at", None),
        ('{"at": 5}', "at", "must be an ISO 8601 time such as 2026-03-02T00:00:00Z, not 5"),
        ('{"parts": {}}', "parts", "must be a list, not an object"),
        ('{"parts": [{"share": 1}, 7]}', "parts[1]", "must be an object, not 7"),
        ('{"parts": [{"share": 1}, {"share": 0}]}', "parts[1].share", "must be above 0 and at most 1, not 0"),
        ('{"parts": [{}]}', "parts[0].share", "is missing"),
        ('{"parts": [{"share": 1, "shares": 1}]}', "parts[0].shares", "is not a field here; did you mean share?"),
        ('{"zebra": 1}', "zebra", "is not a field here"),
        ('{"power": 1, "power": 2}', "power", "is stated more than once in its object"),
        ("[]", "request", "must be an object, not a list"),
    ],
)  # fmt: skip
def test_what_is_no_such_value_is_refused_by_its_path(text, field, message):
    for model in (SAMPLE,) if "e-400" in text or "e400" in text else (SAMPLE, FLOATS):
        found = faults(text, model)
        assert list(found) == [field]
        assert message is None or model is FLOATS or found[field] == message


def test_every_fault_is_listed_at_once():
    assert list(faults('{"count": 0, "power": 11, "level": "x", "parts": [{"share": 2}], "zebra": 1}')) == [
        "count", "power", "level", "parts[0].share", "zebra",
    ]  # fmt: skip


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=6) | st.decimals(-99, 99, places=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]))
def test_a_text_is_read_as_it_stands_however_it_is_spaced(document, separators):
    text = json.dumps(document, default=float, separators=separators, ensure_ascii=False)
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return  # half a character
    assert read_document(octets) == json.loads(text, parse_float=Decimal)


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,18})?([eE][+-]?[0-9])?", fullmatch=True)
PIECES = st.text('[]{},:"\\u0019eE+-. \n\x00é', max_size=6)


def without_places_of_zeros(value):
    """As a text that the fast parser leaves to the other one is read."""
    if isinstance(value, dict):
        return {key: without_places_of_zeros(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return list(map(without_places_of_zeros, value))
    return Decimal(0) if isinstance(value, Decimal) and not value else value


@given(st.lists(NUMBERS | PIECES | st.sampled_from(['"a": 1', "NaN", "true"]), min_size=1, max_size=4), st.booleans())
def test_the_fast_parser_takes_no_text_for_another_one(parts, decimals):
    text = f"[{', '.join(parts)}]"
    try:
        expected = json.loads(text, parse_float=Decimal if decimals else float, parse_constant=Decimal)
    except ValueError:
        with pytest.raises((NotJson, Refused)):
            read_document(text.encode(), decimals=decimals)
    else:
        found = repr(read_document(text.encode(), decimals=decimals))
        assert found == repr(expected) or found == repr(without_places_of_zeros(expected))


@pytest.mark.parametrize("decimals", [True, False])
def test_a_whole_number_of_a_million_digits_is_refused_at_once(decimals):
    with pytest.raises(Refused, match="at most 40 are read"):
        read_document(b'{"load": ' + b"9" * 1_000_000 + b"}", decimals=decimals)


@given(
    st.dictionaries(st.text('ab:"\\ é', max_size=3), DOCUMENTS, min_size=1, max_size=3),
    st.data(),
    st.sampled_from([":", ": ", " : "]),
)
def test_a_key_that_is_stated_twice_is_always_noticed(members, data, colon):
    twice = data.draw(st.sampled_from(sorted(members)))
    written = [f"{json.dumps(key)}{colon}{json.dumps(value, default=float)}" for key, value in members.items()]
    text = "{" + ", ".join([*written, f"{json.dumps(twice)}{colon}null"]) + "}"
    with pytest.raises((Refused, NotJson)):
        read_document(text.encode())


def test_numbers_out_of_all_proportion_are_set_apart():
    found = read_document(b"[1e-400, 0e-400, 0.5000000000000000000000000000000000000000]")
    assert isinstance(found[0], OutsizedNumber)
    assert found[1:] == [0, Decimal("0.5")]


def test_of_one_list_so_many_faults_are_told():
    found = capped([Fault(field=f"a[{place}].b", message="x") for place in range(5)], most=2)
    assert [fault.field for fault in found] == ["a[0].b", "a[1].b", "a"]
    assert found[2].message == "3 more values are at fault"


def test_faults_below_a_place_are_put_together_with_it():
    with pytest.raises(FaultsFound, match="faults below"):
        raise FaultsFound([Fault(field="[3].volume", message="x")])


@pytest.mark.parametrize("name", recorded())
def test_answers_are_what_the_document_promises(name):
    job = planning_job(name)
    # Those of production were recorded when its own route answered the list, too.
    forms = {"plans": job.forms[-1] if name == "production" else job.own_form, "assets": job.forms[-1]}
    answers = [(forms[row["form"]].answer, json.loads(row["answer"])) for row in rows(name) if "answer" in row]
    assert answers
    for adapter, answer in answers:
        assert adapter.dump_python(adapter.validate_python(answer)) == answer


@pytest.mark.parametrize("name", JOBS)
def test_the_outline_of_a_job_is_what_the_job_says(name):
    job, outline = planning_job(name), JOBS[name]
    assert job.outline is outline
    assert outline.source in Source
    assert [form.path for form in job.forms] == [outline.path, *outline.drop_in]
    assert outline.time_limit_s(Settings()) == job.options_of(Settings(), job.arguments()).time_limit_s


@pytest.mark.parametrize("name", JOBS)
def test_the_example_of_a_job_can_be_planned(name):
    job = planning_job(name)
    options = job.options_of(Settings(), job.arguments())
    assert plan_document(job, text_of(job.own_form.example()), options).error is None


def test_engines_are_those_of_the_domain():
    engines = planning_job("flexibility").own_form.request.schema["properties"]["engine"]["anyOf"][0]["enum"]
    assert engines == list(ENGINES)
