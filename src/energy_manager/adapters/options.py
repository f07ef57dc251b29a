"""What the options of drivers and schedules have in common."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

TIME_BLOCKS = 5
"""The ``shared`` clock loops over this many blocks; schedules and potentials give one value for each."""

Value = TypeVar("Value")

Chance = Annotated[float, Field(ge=0, le=1)]


class Options(BaseModel):
    """Keys of a table in the site file: none but those that are known, and no number that is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Unreliable(Options):
    """How often a simulated part is slow or fails."""

    sleep_chance: Chance = 0.1
    sleep_multiplier: float = Field(1.0, ge=0, description="longest sleep, s")
    exception_chance: Chance = 0.0


def one_per_time_block(values: list[Value]) -> list[Value]:
    """The values, if there is one for each time block.

    Raises:
        PydanticCustomError: there are more or fewer.
    """
    if len(values) != TIME_BLOCKS:
        sentence = f"there must be {TIME_BLOCKS} values, one per time block, and there are {len(values)}"
        raise PydanticCustomError("count", "{sentence}", {"sentence": sentence})
    return values
