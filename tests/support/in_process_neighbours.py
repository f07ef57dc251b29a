"""Homes that other services of this process decide for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from energy_manager.adapters.neighbours.over_http import summed
from energy_manager.domain.appliances import StepFunction


class InProcessNeighbours:
    """Homes that other services of this process decide for; ``profiles`` tell their booked net load, at once."""

    def __init__(self, profiles: Sequence[Callable[[], StepFunction]]) -> None:
        self._profiles = profiles

    def others_w(self) -> StepFunction | None:
        """Their sum."""
        return summed([profile() for profile in self._profiles])

    def troubles(self) -> tuple[str, ...]:
        """They are this very program: they are believed."""
        return ()
