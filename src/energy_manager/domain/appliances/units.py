"""Exact time and power: whole microseconds, and watts that are integers or fractions, never rounded floats."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, TypeVar

# Watts are ints wherever the input was whole; a decimal such as 0.1 W becomes a Fraction, so sums stay exact.
Watts: TypeAlias = int | Fraction
Whole = TypeVar("Whole", int, Watts)

US_PER_SECOND = 1_000_000
US_PER_MINUTE = 60 * US_PER_SECOND
US_PER_HOUR = 60 * US_PER_MINUTE
US_PER_DAY = 24 * US_PER_HOUR

# Nobody plans a home further than a year ahead, nor one as large as a power station.
MOST_MINUTES = 366 * 1440
MOST_WATTS = 10**9

LONGEST_NAME = 80
"""Characters in the name of a household or an appliance that is registered."""

# Later than any date the product will see (about 146,000 years in microseconds): the end of an endless run.
FOREVER_US = 2**62


def exact_number(value: int | float | Decimal | Fraction) -> int | Fraction:
    """The number as written: a float counts as its shortest decimal text, so 0.1 is one tenth."""
    if isinstance(value, int):
        return value
    if isinstance(value, Fraction):
        exact = value
    else:
        exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    return exact.numerator if exact.denominator == 1 else exact


def us_of_minutes(minutes: int | float | Decimal | Fraction) -> int:
    """Whole microseconds (exact up to seven decimals of a minute, else the nearest)."""
    return round(exact_number(minutes) * US_PER_MINUTE)


def exact_minutes(time_us: int) -> int | Fraction:
    """Minutes, exactly."""
    whole, rest = divmod(time_us, US_PER_MINUTE)
    return whole if rest == 0 else Fraction(time_us, US_PER_MINUTE)


def minutes_of_us(time_us: int) -> int | float:
    """Minutes for people and JSON: an int when whole, else the nearest float."""
    return plain_number(Fraction(time_us, US_PER_MINUTE))


def plain_number(value: int | Fraction) -> int | float:
    """A number for JSON: an int when whole, else the nearest float."""
    return int(value) if value == int(value) else float(value)


def in_words(value: int | Fraction) -> str:
    """A number for a sentence: whole, or with at most three decimals."""
    return f"{int(value)}" if value == int(value) else f"{float(value):.3f}".rstrip("0")


def least_that_does(does: Callable[[Whole], bool], low: Whole, high: Whole) -> Whole:
    """By bisection the least that does, to a whole unit above ``low``, which does not; ``high`` does."""
    while high - low > 1:
        middle = (low + high) // 2
        if middle <= low:
            break
        if does(middle):
            high = middle
        else:
            low = middle
    return high
