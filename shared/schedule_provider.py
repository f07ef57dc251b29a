"""The schedule: one power target an asset for each time block."""

from __future__ import annotations

from .clock import Clock
from .unreliable import Unreliable

AssetId = str
PowerTarget = int


class ScheduleProvider:
    """Gives the current block's power targets, sometimes late, sometimes not at all."""

    def __init__(
        self,
        schedule: list[dict[AssetId, PowerTarget]],
        sleep_chance: float = 0.1,
        sleep_multiplier: float = 1.0,
        exception_chance: float = 0.0,
    ) -> None:
        self._schedule = schedule
        self._source = Unreliable(sleep_chance, sleep_multiplier, exception_chance)

    def get_current_power_targets(self) -> dict[AssetId, PowerTarget]:
        """The targets of the block in which the call ends; the provider's own object, not to be changed.

        Raises:
            Exception: 'Could not get schedule', with the chance given.
        """
        self._source.call("Could not get schedule")
        return self._schedule[Clock.get_current_time_block()]
