"""A second source where the first has nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.forecasts.price_source import PriceSource, PricesUnavailable
from energy_manager.domain.tariff import PriceInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesWithFallback:
    """The first source's prices, and in their gaps the second's; asked only where there are gaps."""

    first: PriceSource
    second: PriceSource

    @property
    def name(self) -> str:
        """Both, in order."""
        return f"{self.first.name}, else {self.second.name}"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says; where both fail the sentence has both reasons."""
        try:
            known = self.first.fetch(since, until)
        except PricesUnavailable as error:
            try:
                return self.second.fetch(since, until)
            except PricesUnavailable as other:
                raise PricesUnavailable(f"{error}; {self.second.name}: {other}") from None
        gaps = _gaps(known, since, until)
        if not gaps:
            return known
        try:
            others = self.second.fetch(gaps[0][0], gaps[-1][1])
        except PricesUnavailable:
            return known
        filled = [part for start, end in gaps for each in others if (part := each.within(start, end)) is not None]
        return tuple(sorted([*known, *filled], key=lambda each: each.start))


def _gaps(known: tuple[PriceInterval, ...], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    gaps, at = [], since
    for each in known:
        if each.start > at:
            gaps.append((at, min(each.start, until)))
        at = max(at, each.end)
        if at >= until:
            break
    if at < until:
        gaps.append((at, until))
    return [(start, end) for start, end in gaps if start < end]
