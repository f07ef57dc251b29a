"""Numbers as a JSON text spells them: exact decimals, refused cheaply when out of all proportion."""

from __future__ import annotations

from decimal import Decimal

from energy_manager.domain.errors import shown

# The spec's ceiling for every number of a request; it also keeps sums and products far from any overflow.
LARGEST = 10**9
# More decimals than any meter or market states; the limit keeps exact arithmetic affordable.
MOST_DECIMALS = 50


def fault_of_number(value: object, *, above: int | None = None, least: int = 0, most: int = LARGEST) -> str | None:
    """Why ``value`` is no exact number within its limits, or None when it is; never expands an exponent."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return f"must be a number, not {shown(value)}"
    if isinstance(value, Decimal):
        if not value.is_finite():
            return f"must be a finite number, not {value}"
        if value and value.adjusted() < -MOST_DECIMALS:
            return f"must have at most {MOST_DECIMALS} decimals, not {shown(value)}"
    if not least <= value <= most or (above is not None and value <= above):
        limits = f"from {least} to {most}" if above is None else f"above {above} and at most {most}"
        return f"must be {limits}, not {shown(value)}"
    return None
