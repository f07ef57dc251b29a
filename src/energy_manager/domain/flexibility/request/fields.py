"""The fields of a request, one value at a time: read exactly, or a fault with the value and what would do."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from math import log10
from typing import Any, TypeGuard

from energy_manager.domain.errors import Fault
from energy_manager.domain.flexibility.assets import MAX_VOLUME_KW
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS
from energy_manager.domain.local_clock import day_of_text

FaultList = list[Fault]

SHOWN_CHARACTERS = 40

_ONE = Decimal(1)
# Numbers are brought to whole units or cents here; one that would lose a digit, or has more than 30, raises.
_EXACT = Context(prec=30, traps=[Inexact, InvalidOperation])
# More decimals are no amount, and exact arithmetic with them costs time.
MOST_DECIMALS = 50
_CENT = Decimal("0.01")
_ROUNDING = Context(prec=60)


def shown(value: object, *, quoted: bool = True) -> str:
    """A value as a message shows it: short, however large it is."""
    match value:
        case None:
            text = "nothing"
        case bool():
            text = "true" if value else "false"
        case int() if abs(value) >= 10**SHOWN_CHARACTERS:
            text = f"a number of about {int(value.bit_length() * log10(2)) + 1} digits"
        case str():
            start = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
            text = repr(start) if quoted else start
        case list():
            text = f"a list of {len(value)}"
        case dict():
            text = f"an object of {len(value)}"
        case Decimal() if len(value.as_tuple().digits) > SHOWN_CHARACTERS:
            text = f"a number of {len(value.as_tuple().digits)} digits"
        case float():
            text = str(Decimal(repr(value)))
        case _:
            text = str(value)
    return text


def whole(value: object) -> int | None:
    """A number as an integer when it is one, however it is written: 100, 100.0, 1E2."""
    return _scaled(value, 0)


def cents_of(value: object) -> int | None:
    """An amount in euros as whole cents, exactly; None when it is no number, far too large, or finer than a cent."""
    return _scaled(value, 2)


def _scaled(value: object, places: int) -> int | None:
    """A number times 10**``places``, when that is a whole number; of a Decimal, one of at most 30 digits."""
    if isinstance(value, Decimal):
        try:
            exact = value.scaleb(places, context=_EXACT).quantize(_ONE, context=_EXACT)
            return int(exact) if exact.is_finite() else None
        except (Inexact, InvalidOperation):
            return None
    if isinstance(value, float):
        return _scaled(Decimal(repr(value)), places)
    if isinstance(value, int) and not isinstance(value, bool):
        return value * int(10**places)
    return None


def read_asset_kw(value: object, field: str, faults: FaultList) -> int | None:
    """The volume of an asset, a positive whole number of kW."""
    if value is None:
        message = "is missing; a positive whole number of kW is needed"
    elif (kw := whole(value)) is None or kw < 1:
        message = f"{shown(value)} is not a positive whole number of kW"
    elif kw > MAX_VOLUME_KW:
        message = f"{shown(value)} kW are too much, at most {MAX_VOLUME_KW} kW"
    else:
        return kw
    faults.append(Fault(field=field, message=message))
    return None


def read_cents(value: object, field: str, faults: FaultList) -> int | None:
    """An activation cost in euros, from 0; as cents, what is finer rounded to the nearest one, halves up."""
    if value is None:
        message = "is missing; a number of euros is needed"
    elif not _is_finite_number(value):
        message = f"{shown(value)} is not a finite number of euros"
    elif value < 0:
        message = f"{shown(value)} € is negative, at least 0 € is needed"
    elif value > MAX_COST_CENTS // 100:
        message = f"{shown(value)} € is too much, at most {MAX_COST_CENTS // 100} €"
    elif (cents := cents_of(value)) is not None or (cents := _nearest_cents(value)) is not None:
        return cents
    else:
        message = f"{shown(value)} € is finer than any amount of money"
    faults.append(Fault(field=field, message=message))
    return None


def _nearest_cents(value: Any) -> int | None:  # noqa: ANN401 - a finite number within the limits
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if len(exact.as_tuple().digits) > SHOWN_CHARACTERS or exact.adjusted() < -MOST_DECIMALS:
        return None
    return int(exact.quantize(_CENT, rounding=ROUND_HALF_UP, context=_ROUNDING).scaleb(2))


def read_day(value: object, field: str, faults: FaultList) -> date | None:
    """A day, as 2026-11-20; a time, as 2026-11-20T10:00:00Z, is the day that it names."""
    day = day_of_text(value) if isinstance(value, str) else None
    if day is not None:
        return day
    faults.append(Fault(field=field, message=f"{shown(value)} is not a date like 2026-11-20"))
    return None


def read_days(value: object, field: str, faults: FaultList) -> tuple[date, ...] | None:
    """A list of days; None (every day) where there is none."""
    if value is None:
        return None
    if not isinstance(value, list):
        faults.append(Fault(field=field, message=f"{shown(value)} is not a list of dates"))
        return None
    days = (read_day(day, f"{field}[{position}]", faults) for position, day in enumerate(value))
    return tuple(day for day in days if day is not None)


def read_text(value: object, field: str, faults: FaultList) -> str | None:
    """A text that is not empty."""
    if isinstance(value, str) and value:
        return value
    needed = "is missing; a text of at least one character is needed"
    message = needed if value is None else f"{shown(value)} is not a text of at least one character"
    faults.append(Fault(field=field, message=message))
    return None


def _is_finite_number(value: object) -> TypeGuard[int | float | Decimal]:
    match value:
        case bool():
            return False
        case int():
            return True
        case float() | Decimal():
            return Decimal(value).is_finite()
        case _:
            return False
