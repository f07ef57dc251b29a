"""Homes that this process knows of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from energy_manager.domain.appliances import StepFunction


class NoNeighbours:
    """A building of which this service decides for all homes."""

    def others_w(self) -> StepFunction | None:
        """Nothing to ask."""
        return None

    def troubles(self) -> tuple[str, ...]:
        """None."""
        return ()


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


def summed(profiles: Sequence[StepFunction]) -> StepFunction | None:
    """What they draw together; None without any."""
    total: StepFunction | None = None
    for profile in profiles:
        total = profile if total is None else total + profile
    return total
