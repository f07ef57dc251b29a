"""The schedule of the ``shared`` module, whichever module of that name stands first on the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energy_manager.adapters.shared_module import shared_module

if TYPE_CHECKING:
    from shared import ScheduleProvider


@dataclass(frozen=True, slots=True)
class SharedSchedule:
    """A ``ScheduleProvider`` and the ``Clock`` that its blocks follow."""

    provider: ScheduleProvider

    def current_block(self) -> int:
        """Which time block it is."""
        return shared_module().clock.get_current_time_block()

    def fetch(self) -> object:
        """The targets of the current block, as the provider says them."""
        return self.provider.get_current_power_targets()
