"""Read JSON without losing a digit, and refuse what would hold the interpreter or could not be written again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from energy_manager.adapters.texts.utf8_text import NotUtf8, decode_utf8
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused

MOST_DIGITS = 40
"""Numbers of more significant digits are refused before anything is calculated with them: no measurement has more."""

GREATEST_EXPONENT = 999_999
"""What stands for exponents that a decimal cannot even hold: as absurd, and one can still calculate with it."""

MANY_FAULTS = 20
"""So many are told in an error's sentence; its details have them all."""

_MOST_OF_A_KEY = 60

# Where a number might be too long: every digit and point of the text as a 0, everything else as a blank. Fifteen times
# as fast as a regular expression, and it lets the numbers of nearly all texts be read without looking at each.
_DIGITS_ALIKE = bytes(ord("0") if chr(octet) in "0123456789." else ord(" ") for octet in range(256))
_LONG_RUN = b"0" * (MOST_DIGITS + 1)

_ESCAPE = re.compile(
    r"\\(?:(u[dD][89abAB][0-9a-fA-F]{2})(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|(u[dD][c-fC-F][0-9a-fA-F]{2})|.)"
)
_PAIR = len(r"\ud800\udc00")


class NotJson(EnergyManagerError):
    """The text is no JSON."""

    code = "not_json"


class _StatedTwice(Exception):
    """An object has a key more than once."""


def read_json(text: bytes, *, exact: bool = True) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Parse UTF-8 JSON; numbers become ``int`` or exact ``Decimal``, also NaN and the infinities that Python writes.

    ``exact=False``: ``float`` instead of ``Decimal``, for planners that work with measured series.

    Raises:
        NotJson: with the place where reading failed.
        Refused: an object states a key more than once, so nobody can know what is meant, or a number has more than
            ``MOST_DIGITS`` significant digits; each by its path.
    """
    number = Decimal if exact else float
    try:
        decoded = decode_utf8(text)
        _refuse_half_characters(decoded)
        if _LONG_RUN in text.translate(_DIGITS_ALIKE):
            return _read_closely(decoded, number)
        try:
            return _parse(decoded, number=number, whole=int, entries=_object)
        except (_StatedTwice, InvalidOperation):
            return _read_closely(decoded, number)
    except NotUtf8 as error:
        raise NotJson(f"the text is not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"the text is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJson("invalid JSON: nesting is too deep") from None


def _refuse_half_characters(text: str) -> None:
    """Refuse escapes that are half of a pair: such a text cannot be written as UTF-8, in no list and no export.

    Raises:
        NotJson: with the place.
    """
    if "\\u" not in text:
        return
    for escape in _ESCAPE.finditer(text):
        high, low = escape.groups()
        if low or (high and len(escape[0]) < _PAIR):
            place = escape.start()
            line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
            raise NotJson(f"the text is not UTF-8: {escape[0]} is half a character (line {line}, column {column})")


def _parse(text: str, *, number: Any, whole: Any, entries: Any) -> Any:  # noqa: ANN401 - json's hooks, whatever the JSON holds
    return json.loads(text, parse_float=number, parse_constant=Decimal, parse_int=whole, object_pairs_hook=entries)


def _object(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    stated = dict(entries)
    if len(stated) < len(entries):
        raise _StatedTwice
    return stated


class _Entries(list[tuple[str, Any]]):
    """An object's keys and values as they stand in the text."""


class _TooLong:
    """A number that is not read, with how many digits it has."""

    def __init__(self, digits: int) -> None:
        self.digits = digits


def _read_closely(text: str, number: Callable[[str], Decimal | float]) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Slower, for texts with keys stated twice, numbers that are too long or exponents that a decimal cannot have."""
    faults: list[Fault] = []
    read = _extreme_number if number is Decimal else number
    parsed = _parse(text, number=_not_too_long(read), whole=_not_too_long(int), entries=_Entries)
    value = _once(parsed, "", faults)
    if faults:
        raise Refused(faults)
    return value


def _not_too_long(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def read_unless_too_long(text: str) -> Any:  # noqa: ANN401 - what ``read`` makes of it
        if len(text) <= MOST_DIGITS:
            return read(text)
        digits = len(text.lower().partition("e")[0].replace(".", "").lstrip("-0"))
        return _TooLong(digits) if digits > MOST_DIGITS else read(text)

    return read_unless_too_long


def _extreme_number(text: str) -> Decimal:
    """The number, or where its exponent is beyond all bounds one that is as absurd and has the same sign."""
    try:
        return Decimal(text)
    except InvalidOperation:
        mantissa, _, exponent = text.lower().partition("e")
        zero, sign = not Decimal(mantissa), "-" if mantissa.startswith("-") else ""
        order = -GREATEST_EXPONENT if exponent.startswith("-") else GREATEST_EXPONENT
        return Decimal(0) if zero else Decimal(f"{sign}1e{order}")


def _once(value: Any, path: str, faults: list[Fault]) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """The value with its objects made of their entries; notes keys that are there twice and numbers not read."""
    if isinstance(value, _Entries):
        stated: dict[str, Any] = {}
        for key, entry in value:
            field = f"{path}.{_shown(key)}" if path else _shown(key)
            if key in stated:
                faults.append(Fault(field=field, message="is stated more than once in its object"))
            stated[key] = _once(entry, field, faults)
        return stated
    if isinstance(value, _TooLong):
        faults.append(
            Fault(field=path or "value", message=f"has {value.digits} digits, and at most {MOST_DIGITS} are read")
        )
    if isinstance(value, list):
        return [_once(entry, f"{path}[{place}]", faults) for place, entry in enumerate(value)]
    return value


def _shown(key: str) -> str:
    return ascii(key)[1:-1][:_MOST_OF_A_KEY]


def error_document(error: EnergyManagerError) -> dict[str, Any]:
    """The one shape of errors: a code for programs, a sentence for people, the particulars."""
    return {"error": error.code, "message": _sentence(error), "details": error.details}


def _sentence(error: EnergyManagerError) -> str:
    if isinstance(error, Refused) and len(error.faults) > MANY_FAULTS:
        return f"{Refused(error.faults[:MANY_FAULTS])}; and {len(error.faults) - MANY_FAULTS} more"
    return str(error)


def write_json(value: object) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
