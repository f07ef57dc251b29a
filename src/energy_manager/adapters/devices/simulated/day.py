"""A simulated day: load and sun of a site, which repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from energy_manager.adapters.options import Options
from energy_manager.domain.forecast import Outlook

DAY_S = 86_400.0

Power = Annotated[float, Field(ge=0)]


class SimulatedDay(Options):
    """Powers in kW, each list spread evenly over a day."""

    load_kw: list[Power] = Field(min_length=1)
    production_kw: list[Power] = Field([0.0], min_length=1)

    def base_kw(self, at_s: float) -> float:
        """What the site takes less what it produces, ``at_s`` after a midnight."""
        return _at(self.load_kw, at_s) - _at(self.production_kw, at_s)


def _at(powers: Sequence[float], at_s: float) -> float:
    return powers[int((at_s % DAY_S) / DAY_S * len(powers)) % len(powers)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOutlook:
    """The port ``SiteOutlook`` for a simulated day that begins at ``midnight``: it comes as it is expected."""

    day: SimulatedDay
    midnight: datetime

    def outlook(self, edges: Sequence[datetime]) -> Outlook:
        """As the port says."""
        return Outlook(
            load_kw=tuple(self._mean(self.day.load_kw, begin, end) for begin, end in pairwise(edges)),
            production_kw=tuple(self._mean(self.day.production_kw, begin, end) for begin, end in pairwise(edges)),
            is_tried=True,
        )

    def _mean(self, powers: Sequence[float], begin: datetime, end: datetime, parts: int = 15) -> float:
        since_s, lasts_s = (begin - self.midnight) / timedelta(seconds=1), (end - begin) / timedelta(seconds=1)
        return sum(_at(powers, since_s + lasts_s * (part + 0.5) / parts) for part in range(parts)) / parts
