"""A tariff without a market: the spot price is 0, and the charges are the whole price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from energy_manager.domain.tariff import PriceInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutMarket:
    """Always knows that there is nothing to add to the charges."""

    name: str = "tariff"

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        return (PriceInterval(start=since, end=until, spot_per_kwh=Decimal(0)),)
