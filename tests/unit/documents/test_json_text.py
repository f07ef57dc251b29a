"""Read JSON without losing a digit, and refuse clearly what is none."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.texts.json_text import (
    NotJson,
    error_document,
    read_json,
    write_json,
)
from energy_manager.domain.errors import Fault, Infeasible, Refused

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert read_json(write_json(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: len(number.as_tuple().digits) <= 40))
def test_a_decimal_keeps_every_digit(number):
    read = read_json(str(number).encode())
    assert read == number
    assert isinstance(read, int | Decimal)


def test_whole_numbers_are_ints_and_fractions_are_exact_decimals():
    assert repr(read_json(b"[1, 1.0, 0.1, 1e2, -0]")) == "[1, Decimal('1.0'), Decimal('0.1'), Decimal('1E+2'), 0]"


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("digits", [41, 97_000, 1_000_000])
def test_numbers_of_more_than_40_digits_are_refused_by_their_place_and_not_calculated_with(digits, exact):
    many = "7" * digits
    for number in (many, "-" + many, "0." + many, many[1:] + ".7", "0.000" + many + "e5", many + "E-9"):
        text = f'{{"load": 1, "plants": [{{"pmin": {number}}}, 5]}}'
        with pytest.raises(Refused) as refused:
            read_json(text.encode(), exact=exact)
        message = f"has {digits} digits, and at most 40 are read"
        assert list(refused.value.faults) == [Fault(field="plants[0].pmin", message=message)]


def test_numbers_of_40_digits_are_exact_and_noughts_ahead_do_not_count():
    forty = "1234567890" * 4
    assert read_json(forty.encode()) == int(forty)
    assert read_json(f"-0.{'0' * 100}{forty}".encode()) == Decimal(f"-0.{'0' * 100}{forty}")
    assert read_json(f'{{"{forty * 3}": "{forty * 3}"}}'.encode()) == {forty * 3: forty * 3}
    assert read_json(f"[0.5, 7, {forty[:30]}.5e-2, 1e9999999999999999999]".encode(), exact=False)[:2] == [0.5, 7]


@pytest.mark.parametrize(
    ("text", "half"),
    [
        (r'{"a": 1, "\ud800": 2}', r"\ud800 is half a character (line 1, column 11)"),
        (r'["\\\udfff"]', r"\udfff is half"),
        (r'["\uD83D\uD83D\uDE00"]', r"\uD83D is half"),
        ('{\n "id": "x\\ud83d x"}', r"\ud83d is half a character (line 2, column 10)"),
        (r'["\ud83d\n\ude00"]', r"\ud83d is half"),
    ],
)
def test_half_a_character_is_no_utf_8(text, half):
    with pytest.raises(NotJson) as refused:
        read_json(text.encode())
    assert half in str(refused.value)


@pytest.mark.parametrize("text", [r'["\ud83d\ude00"]', r'["\\ud83d"]', r'["\\\\udc00", "\u00e9"]', '["😀"]'])
def test_whole_characters_are_read_however_they_are_written(text):
    assert read_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", ["1e9999999999999999999", "12.5E+9999999999999999999", "-1e9999999999999999999"])
def test_numbers_beyond_every_exponent_stay_large_and_keep_their_sign(text):
    number = read_json(text.encode())
    assert number.is_finite()
    assert abs(number) > 10**1000
    assert (number < 0) == text.startswith("-")


@pytest.mark.parametrize("text", ["1e-9999999999999999999", "-5.5e-9999999999999999999"])
def test_numbers_below_every_exponent_stay_tiny_but_are_not_zero(text):
    number = read_json(text.encode())
    assert 0 < abs(number) < Decimal("1e-1000")
    assert (number < 0) == text.startswith("-")


@pytest.mark.parametrize("text", ["0e9999999999999999999", "-0.00E-9999999999999999999"])
def test_nothing_with_whatever_exponent_is_nothing(text):
    assert read_json(text.encode()) == 0


def test_numbers_that_python_writes_but_json_has_not_are_read_so_that_their_field_can_be_named():
    nan, more, less = read_json(b"[NaN, Infinity, -Infinity]")
    assert nan.is_nan()
    assert (more, less) == (Decimal("Infinity"), Decimal("-Infinity"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "Expecting value (line 1, column 1)"),
        (b"\n{,}", "line 2, column 2"),
        (b"{} {}", "Extra data"),
        (b"'a'", "Expecting value"),
        (b'{"a": 01}', "Expecting"),
        (b'{"a": .5}', "Expecting value"),
        (b'{"a": +5}', "Expecting value"),
        (b'"\t"', "Invalid control character"),
        (b'"\\x"', "Invalid \\escape"),
        (b"nan", "Expecting value"),
        (b"\xff", "the text is not UTF-8: byte 0"),
        (b'{"a": "\xc3"}', "the text is not UTF-8: byte 7"),
        ("{}".encode("utf-16"), "the text is not UTF-8: byte 0"),
        ("{}".encode("utf-16-le"), "Expecting property name"),
        (b'"\xed\xa0\x80"', "the text is not UTF-8: byte 1"),
        (b"[" * 1_000_000, "nesting is too deep"),
        (b'{"a":' * 1_000_000, "nesting is too deep"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(text, said):
    with pytest.raises(NotJson) as refused:
        read_json(text)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"load": 1, "load": 1}', ["load"]),
        ('{"a": 1, "a": 2, "b": 0, "a": 3}', ["a", "a"]),
        ('{"plants": [{}, {"pmin": 1, "pmin": 2}], "b": {"c": {"d": 1, "d": {}}}}', ["plants[1].pmin", "b.c.d"]),
        ('[[{"x": 1, "x": 1e9999999999999999999}]]', ["[0][0].x"]),
        ('{"": 1, "": 2}', [""]),
        ('{"\\ud83d\\ude00\\n": 1, "😀\\n": 2}', ["\\U0001f600\\n"]),
    ],
)
def test_a_key_that_is_stated_twice_is_refused_by_its_path(text, fields):
    with pytest.raises(Refused) as refused:
        read_json(text.encode())
    assert [fault.field for fault in refused.value.faults] == fields
    assert {fault.message for fault in refused.value.faults} == {"is stated more than once in its object"}


def test_errors_have_one_shape():
    error = Refused([Fault(field="load", message="is missing")])
    assert error_document(error) == {
        "error": "refused",
        "message": "load: is missing",
        "details": {"faults": [{"field": "load", "message": "is missing"}]},
    }
    assert error_document(Infeasible("no")) == {"error": "infeasible", "message": "no", "details": None}


def test_of_many_faults_the_sentence_tells_the_first_ones_and_the_details_all():
    document = error_document(Refused([Fault(field=f"p[{n}]", message="is missing") for n in range(1000)]))
    assert document["message"].startswith("p[0]: is missing; p[1]: is missing; ")
    assert document["message"].endswith("; p[19]: is missing; and 980 more")
    assert [fault["field"] for fault in document["details"]["faults"]] == [f"p[{n}]" for n in range(1000)]


def test_what_is_written_is_compact_ascii_whatever_the_characters():
    assert write_json({"é": ["\ud800", None, 1.5]}) == b'{"\\u00e9":["\\ud800",null,1.5]}'
    with pytest.raises(ValueError, match="Out of range"):
        write_json(float("nan"))
    assert json.loads(write_json("⚡")) == "⚡"
