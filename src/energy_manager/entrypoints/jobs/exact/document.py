"""JSON text as Python values, fast: most texts are read by the parser alone, doubtful ones by ``read_json``.

The parser is msgspec's, which hands decimals on as they are spelled: 1,000 power plants take it 0.6 ms; json 0.95.
pydantic's own reading of JSON is as fast, but decimals go through a double there: 0.12345678901234567890123 comes out
as 0.12345678901234568. Whatever msgspec refuses, ``read_json`` judges.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from itertools import chain
from typing import Any

import msgspec

from energy_manager.adapters.texts.json_text import read_json

MOST_DIGITS = 40
"""Decimals with more significant digits, or an exponent beyond ``MOST_PLACES``, are looked at one by one."""

MOST_PLACES = 50
"""Decimals finer than 1e-50 are no measurement; exact arithmetic with them would only eat memory."""

# Reads a decimal exactly or raises; nothing is ever rounded.
_EXACT = Context(
    prec=MOST_DIGITS,
    Emin=-MOST_PLACES,
    Emax=MOST_PLACES,
    traps=[Inexact, InvalidOperation, Overflow, Subnormal],
)
_DECIMALS = msgspec.json.Decoder(float_hook=_EXACT.create_decimal)
_FLOATS = msgspec.json.Decoder()
_CONTAINERS = (dict, list)


class OutsizedNumber:
    """A number with more decimals than ``MOST_PLACES``; no model takes it for a number."""

    def __init__(self, value: Decimal) -> None:
        self.value = value


def read_document(text: bytes, *, decimals: bool = True) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The values of a JSON text; numbers are ``int`` and exact ``Decimal``, or ``float`` without ``decimals``.

    Raises:
        NotJson: the text is none.
        Refused: an object states a key twice, or a number is out of all proportion.
    """
    if b"\\u" not in text:  # escapes may be half a character, or disguise a key
        try:
            document = (_DECIMALS if decimals else _FLOATS).decode(text)
        except (ValueError, ArithmeticError, RecursionError):
            pass
        else:
            if _states_no_key_twice(text, document):
                return document
    document = read_json(text, exact=decimals)
    return _with_outsized(document) if decimals else document


def _states_no_key_twice(text: bytes, document: object) -> bool:
    """Whether that is certain: there are no more colons than keys that were read, or no more quotes before colons."""
    keys = _keys_in(document, containers=text.count(b"{") + text.count(b"["))
    if text.count(b":") == keys:
        return True
    return text.count(b'":') == keys and not any(apart in text for apart in (b" :", b"\t:", b"\n:", b"\r:"))


def _keys_in(document: object, *, containers: int) -> int:
    """How many keys the document's objects have, level by level until all that may be ``containers`` are found."""
    keys = found = 0
    level = [document] if type(document) in _CONTAINERS else []
    while level:
        objects = [value for value in level if type(value) is dict]
        keys += sum(map(len, objects))
        found += len(level)
        if found == containers:
            return keys
        lists = [value for value in level if type(value) is list]
        values: Iterable[object] = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(lists))
        level = [value for value in values if type(value) in _CONTAINERS]
    return keys


def _with_outsized(value: Any) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The values with decimals that nobody can calculate with set apart; endless zeros are taken off the others."""
    if isinstance(value, dict):
        return {key: _with_outsized(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_outsized(entry) for entry in value]
    if isinstance(value, Decimal) and value.is_finite():
        return _fitting(value)
    return value


def _fitting(value: Decimal) -> Decimal | OutsizedNumber:
    if not value:
        return Decimal(0)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or exponent >= -MOST_PLACES:
        return value
    text = "".join(map(str, digits)).rstrip("0")
    exponent += len(digits) - len(text)
    if exponent < -MOST_PLACES:
        return OutsizedNumber(value)
    return Decimal((sign, tuple(map(int, text)), exponent))
