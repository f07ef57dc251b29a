"""Read JSON without losing a digit."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from energy_manager.domain.errors import EnergyManagerError, Fault, Refused

MANY_DIGITS = 300
"""Longer integers are read as decimals: still exact, and not a way to keep a processor busy."""

GREATEST_EXPONENT = 999_999
"""What stands for exponents that a decimal cannot even hold: as absurd, and one can still calculate with it."""

MANY_FAULTS = 20
"""So many are told in an error's sentence; its details have them all."""

_MOST_OF_A_KEY = 60


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
        Refused: an object states a key more than once, so nobody can know what is meant; each by its path.
    """
    try:
        decoded = text.decode("utf-8")
        try:
            return _parse(decoded, number=Decimal if exact else float, entries=_object)
        except (_StatedTwice, InvalidOperation):
            return _read_closely(decoded)
    except UnicodeDecodeError as error:
        raise NotJson(f"the text is not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"the text is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJson("the text is no JSON that anybody needs: it is nested too deeply") from None


def refuse_constants(text: bytes) -> None:
    """Refuse NaN and the infinities, which JSON has not, wherever in a readable text they stand.

    For the parts that nobody looked at: what is passed on must be JSON for everybody.
    """
    if b"NaN" in text or b"Infinity" in text:
        json.loads(text, parse_constant=_refuse, parse_float=str, parse_int=str)


def _refuse(constant: str) -> NoReturn:
    raise NotJson(f"the text is no JSON: {constant} is not a number")


def _parse(text: str, *, number: Any, entries: Any) -> Any:  # noqa: ANN401 - json's hooks, and whatever the JSON holds
    return json.loads(
        text, parse_float=number, parse_constant=Decimal, parse_int=_whole_number, object_pairs_hook=entries
    )


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= MANY_DIGITS else Decimal(digits)


def _object(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    stated = dict(entries)
    if len(stated) < len(entries):
        raise _StatedTwice
    return stated


class _Entries(list[tuple[str, Any]]):
    """An object's keys and values as they stand in the text."""


def _read_closely(text: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Slower, for texts with keys stated twice or exponents that a decimal cannot have."""
    faults: list[Fault] = []
    value = _once(_parse(text, number=_extreme_number, entries=_Entries), "", faults)
    if faults:
        raise Refused(faults)
    return value


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
    """The value with its objects made of their entries; notes keys that are there more than once."""
    if isinstance(value, _Entries):
        stated: dict[str, Any] = {}
        for key, entry in value:
            field = f"{path}.{_shown(key)}" if path else _shown(key)
            if key in stated:
                faults.append(Fault(field=field, message="is stated more than once in its object"))
            stated[key] = _once(entry, field, faults)
        return stated
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
