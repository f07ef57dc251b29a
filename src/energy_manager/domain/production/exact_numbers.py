"""Numbers as a JSON text spells them: exact decimals, refused cheaply when out of all proportion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from energy_manager.domain.errors import shown

# The spec's ceiling for every number of a request; it also keeps sums and products far from any overflow.
LARGEST = 10**9
# More decimals than any meter or market states; the limit keeps exact arithmetic affordable.
MOST_DECIMALS = 50


def exact(value: Any) -> Any:  # noqa: ANN401 - whatever a JSON document holds; the nouns judge it
    """A number in canonical form, anything else unchanged: floats as they print, no endless zeros, zero as plain 0."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    if not value:
        return Decimal(0)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or exponent >= -MOST_DECIMALS:
        return value
    text = "".join(map(str, digits)).rstrip("0")
    exponent += len(digits) - len(text)
    return Decimal((sign, tuple(map(int, text)), exponent))


def fault_of_number(value: object, *, least: int = 0, most: int = LARGEST) -> str | None:
    """Why ``value`` is no exact number from ``least`` to ``most``, or None when it is; never expands an exponent."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return f"must be a number, not {shown(value)}"
    if isinstance(value, Decimal):
        if not value.is_finite():
            return f"must be a finite number, not {value}"
        exponent = value.as_tuple().exponent
        assert isinstance(exponent, int), "a finite decimal has a whole exponent"
        if exponent < -MOST_DECIMALS:
            return f"must have at most {MOST_DECIMALS} decimals, not {shown(value)}"
        # Comparing or printing such a number would be cheap, but its ratio would spell out every zero of the exponent.
        if exponent > len(str(LARGEST)):
            return f"must be {_between(least, most)}, not {shown(value)}"
    if not least <= value <= most:
        return f"must be {_between(least, most)}, not {shown(value)}"
    return None


def _between(least: int, most: int) -> str:
    return f"from {least} to {most}"
