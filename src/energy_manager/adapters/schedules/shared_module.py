"""The schedule of the ``shared`` module, whichever module of that name stands first on the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic_core import PydanticCustomError
from shared import Clock, ScheduleProvider

TIME_BLOCKS = 5
"""The ``shared`` clock loops over this many blocks; schedules and potentials give one value for each."""

Value = TypeVar("Value")


def one_per_time_block(values: list[Value]) -> list[Value]:
    """The values, if there is one for each time block.

    Raises:
        PydanticCustomError: there are more or fewer.
    """
    if len(values) != TIME_BLOCKS:
        sentence = f"there must be {TIME_BLOCKS} values, one per time block, and there are {len(values)}"
        raise PydanticCustomError("count", "{sentence}", {"sentence": sentence})
    return values


@dataclass(frozen=True, slots=True)
class SharedSchedule:
    """A ``ScheduleProvider`` and the ``Clock`` that its blocks follow."""

    provider: ScheduleProvider

    def current_block(self) -> int:
        """Which time block it is."""
        return Clock.get_current_time_block()

    def fetch(self) -> object:
        """The targets of the current block, as the provider says them."""
        return self.provider.get_current_power_targets()
