"""The schedule of an episode, and what may be wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from energy_manager.domain.quantities import AssetId

Block = Callable[[float], None]
ABSURD = 1_000_000


class EpisodeSchedule:
    """One level after the other; while ``fault`` names a kind of fault, that is what is read."""

    def __init__(
        self,
        levels: Sequence[Mapping[AssetId, int]],
        *,
        level_at: Callable[[float], int],
        most: Mapping[AssetId, int],
        now_s: Callable[[], float],
        block: Block,
    ) -> None:
        self._levels = levels
        self._level_at = level_at
        self._most = most
        self._now_s = now_s
        self._block = block
        self.fault = ""

    def current_block(self) -> int:
        """The number of the level that holds now."""
        if self.fault == "its clock fails":
            raise OSError("no time")
        if self.fault == "jumps":
            return int(self._now_s() // 2)
        return self._level_at(self._now_s())

    def fetch(self) -> object:
        """What is scheduled now, or what the fault makes of it."""
        targets: dict[AssetId, float] = dict(self._levels[self._level_at(self._now_s())])
        first = next(iter(targets), None)
        match self.fault:
            case "fails":
                raise OSError("the schedule is not there")
            case "hangs":
                self._block(math.inf)
            case "slow":
                self._block(0.5)
            case "no mapping":
                return "maintenance"
            case "not finite" if first is not None:
                targets[first] = math.nan
            case "stranger":
                targets["an asset that is not there"] = 1
            case "absurd" if first is not None:
                targets[first] = ABSURD * (1 + self._most[first])
            case "empty":
                return {}
            case "jumps":
                is_high = int(self._now_s() // 2) % 2
                return {asset_id: most if is_high else 0 for asset_id, most in self._most.items()}
        return targets
