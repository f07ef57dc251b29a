"""What all simulated parts have in common: now and then a call is slow, now and then it fails."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unreliable:
    """Sleeps with ``sleep_chance`` for up to ``sleep_multiplier`` s, then fails with ``exception_chance``."""

    sleep_chance: float
    sleep_multiplier: float
    exception_chance: float

    def call(self, failure: str) -> None:
        """Be slow or not, then fail with the given words or not."""
        if random.random() < self.sleep_chance:  # noqa: S311 - a simulation, not a secret
            time.sleep(random.random() * self.sleep_multiplier)  # noqa: S311
        if random.random() < self.exception_chance:  # noqa: S311
            raise Exception(failure)  # noqa: TRY002 - the assignment raises the bare class
