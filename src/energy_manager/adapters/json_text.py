"""Read JSON without losing a digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from energy_manager.domain.errors import EnergyManagerError

MANY_DIGITS = 300
"""Longer integers are read as decimals: still exact, and not a way to keep a processor busy."""


class NotJson(EnergyManagerError):
    """The text is no JSON."""

    code = "not_json"


def read_json(text: bytes, *, exact: bool = True) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Parse UTF-8 JSON; numbers become ``int`` or exact ``Decimal``, also NaN and the infinities that Python writes.

    ``exact=False``: ``float`` instead of ``Decimal``, for planners that work with measured series.

    Raises:
        NotJson: with the place where reading failed.
    """
    number = Decimal if exact else float
    try:
        return json.loads(text.decode("utf-8"), parse_float=number, parse_constant=number, parse_int=_whole_number)
    except UnicodeDecodeError as error:
        raise NotJson(f"the text is not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"the text is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJson("the text is no JSON that anybody needs: it is nested too deeply") from None


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= MANY_DIGITS else Decimal(digits)


def error_document(error: EnergyManagerError) -> dict[str, Any]:
    """The one shape of errors: a code for programs, a sentence for people, the particulars."""
    return {"error": error.code, "message": str(error), "details": error.details}


def write_json(value: object) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
