"""Numbers of a request: what the JSON says and nothing else, with limits for reader and schema alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeGuard

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from energy_manager.domain.errors import shown
from energy_manager.entrypoints.jobs.exact.document import MOST_PLACES, OutsizedNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The limits of a number in ``Annotated[int | Decimal, …]`` (exact), ``[float, …]`` or ``[int, …]`` (whole).

    A whole number may be written as 100, 100.0 or 1e2. Truth values and text are no numbers, nor are NaN and infinity.
    ``step`` says what it must be a multiple of: for the schema, the domain sees to it.
    """

    above: int | None = None
    at_least: int | float | None = None
    at_most: int | float | None = None
    description: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's
        limits = {"gt": self.above, "ge": self.at_least, "le": self.at_most}
        whole = core_schema.int_schema(strict=True, **limits)  # type: ignore[arg-type]  # whole limits only, see there
        if source is float:
            return core_schema.float_schema(strict=True, allow_inf_nan=False, **limits)  # type: ignore[arg-type]
        exact = {name: None if limit is None else Decimal(limit) for name, limit in limits.items()}
        decimal: CoreSchema = core_schema.decimal_schema(strict=True, **exact)  # type: ignore[arg-type]
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [whole, decimal]
        if source is int:
            decimal = core_schema.no_info_after_validator_function(_whole, decimal)
            floating = core_schema.float_schema(strict=True, allow_inf_nan=False, **limits)  # type: ignore[arg-type]
            of_float = core_schema.chain_schema([core_schema.is_instance_schema(float), floating])
            choices = [whole, core_schema.no_info_after_validator_function(_whole, of_float), decimal]
        return core_schema.union_schema(
            choices, mode="left_to_right", custom_error_type="number", custom_error_message="no such number"
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        kind = "integer" if _is_whole(schema) else "number"
        limits = {"exclusiveMinimum": self.above, "minimum": self.at_least, "maximum": self.at_most}
        said = {**limits, "description": self.description or None}
        return {"type": kind, **{name: value for name, value in said.items() if value is not None}}


def _is_whole(schema: CoreSchema) -> bool:
    if schema["type"] != "union":
        return False
    last = schema["choices"][-1]
    return isinstance(last, dict) and last["type"] == "function-after"


def _whole(value: Decimal | float) -> int:
    whole = int(value)  # within the limits, so it has not many digits
    if whole != value:
        raise PydanticCustomError("whole", "no whole number")
    return whole


def is_exact(value: object) -> TypeGuard[int | Decimal]:
    """Whether a value of a document is a finite number that one can calculate with."""
    return type(value) is int or (isinstance(value, Decimal) and value.is_finite())


def fault_of_number(value: object, schema: dict[str, Any]) -> str:
    """What is wrong with a value where the schema wants a number."""
    if isinstance(value, OutsizedNumber):
        return f"must have at most {MOST_PLACES} decimals, not {shown(value.value)}"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"must be a number, not {shown(value)}"
    if not (isinstance(value, int) or (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value))):
        return f"must be a finite number, not {value}"
    return f"must be {_limits(schema)}, not {shown(value)}"


def _limits(schema: dict[str, Any]) -> str:
    above, least, most = (schema.get(name) for name in ("exclusiveMinimum", "minimum", "maximum"))
    kind = "a whole number " if schema.get("type") == "integer" else ""
    if kind and above is least is most is None:
        return kind.rstrip()
    if above is not None:
        words = f"above {above}" + ("" if most is None else f" and at most {most}")
    elif least is not None and most is not None:
        words = f"from {least} to {most}"
    elif least is not None:
        words = f"at least {least}"
    else:
        words = "finite" if most is None else f"at most {most}"
    return kind + words
