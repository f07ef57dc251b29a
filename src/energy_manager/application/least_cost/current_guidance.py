"""What the loop follows between two plans of the site."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.least_cost.value.guidance import Guidance


@dataclass(slots=True, kw_only=True)
class CurrentGuidance:
    """What the loop follows now; replaced as a whole."""

    guidance: Guidance | None = None

    def __call__(self) -> Guidance | None:
        """The newest guidance, None before the first plan."""
        return self.guidance
