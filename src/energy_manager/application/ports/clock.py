"""Time, as the use cases need it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Monotonic time in seconds from an arbitrary origin; never goes back."""

    def now_s(self) -> float:
        """The time now."""
        ...

    def sleep_until(self, instant_s: float) -> None:
        """Return at the instant or as soon after it as the machine allows; at once if it has passed."""
        ...
