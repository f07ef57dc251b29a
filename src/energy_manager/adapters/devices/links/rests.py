"""When a link or a unit that failed is tried again; pure: the time comes in, a decision goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""How long a link rests after it was refused once, twice, …; the last for ever on."""
FAILURES_BEFORE_REST = 2
FIRST_QUARANTINE_S = 5.0
LONGEST_QUARANTINE_S = 60.0


@dataclass(slots=True)
class Rests:
    """Failures in a row, and how long to rest after each; ``rests_s[0]`` after the first, the last for all others."""

    rests_s: Sequence[float]
    failures: int = 0
    until_s: float = float("-inf")

    def failed(self, now_s: float) -> None:
        """Count a failure."""
        rest_s = self.rests_s[min(self.failures, len(self.rests_s) - 1)]
        self.failures += 1
        self.until_s = now_s + rest_s if rest_s else self.until_s

    def succeeded(self) -> None:
        """Begin anew."""
        if self.failures:
            self.failures, self.until_s = 0, float("-inf")

    def left_s(self, now_s: float) -> float:
        """For how long it still rests; 0 = it may be tried."""
        return max(0.0, self.until_s - now_s)


def quarantine_rests_s(first_s: float, longest_s: float) -> tuple[float, ...]:
    """None after one failure, then ``first_s``, doubled each time up to ``longest_s``."""
    rests_s = [0.0] * (FAILURES_BEFORE_REST - 1)
    rest_s = first_s
    while rest_s < longest_s:
        rests_s.append(rest_s)
        rest_s *= 2
    return (*rests_s, longest_s)


@dataclass(slots=True)
class Quarantine:
    """The units behind one link; each rests for itself while its neighbours go on."""

    first_s: float = FIRST_QUARANTINE_S
    longest_s: float = LONGEST_QUARANTINE_S
    _units: dict[object, Rests] = field(default_factory=dict)

    def failed(self, unit: object, now_s: float) -> None:
        """Count a failure of the unit; at the second in a row it begins to rest."""
        rests = self._units.get(unit)
        if rests is None:
            rests = self._units[unit] = Rests(quarantine_rests_s(self.first_s, self.longest_s))
        rests.failed(now_s)

    def succeeded(self, unit: object) -> None:
        """Forget the unit's failures."""
        self._units.pop(unit, None)

    def knows(self, unit: object) -> bool:
        """Whether the unit's last request failed."""
        return unit in self._units

    def left_s(self, unit: object, now_s: float) -> float:
        """For how long the unit is left alone still; 0 = it may be tried."""
        rests = self._units.get(unit)
        return 0.0 if rests is None else rests.left_s(now_s)
