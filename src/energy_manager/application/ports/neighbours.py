"""What other homes of the building draw, for those that choose their starts by it."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.appliances import StepFunction


class Neighbours(Protocol):
    """Knows the booked profiles of homes that another process (or another service of this one) decides for."""

    def others_w(self) -> StepFunction | None:
        """Their booked net load together, W, over microseconds since 1970 (UTC); None = no answer in time.

        Bounded: never waits longer than its time limit, and never raises. Not for the ticker's thread.
        """
        ...

    def troubles(self) -> tuple[str, ...]:
        """What was not believed of the last answers and why, a sentence each."""
        ...
