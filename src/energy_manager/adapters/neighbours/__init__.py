"""Where the profiles of other homes of the building come from: nowhere, or other servers."""

from __future__ import annotations

from energy_manager.domain.appliances import StepFunction


class NoNeighbours:
    """A building of which this service decides for all homes."""

    def others_w(self) -> StepFunction | None:
        """Nothing to ask."""
        return None

    def troubles(self) -> tuple[str, ...]:
        """None."""
        return ()
