"""What a kWh costs and earns over a time: asked of the source, completed, and made into prices by the tariff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.application.ports.forecasts.price_source import PriceSource, PricesUnavailable
from energy_manager.domain.tariff import PriceInterval, Rate, Tariff, extended_by_yesterday, without_overlaps
from energy_manager.domain.tariff.yesterday import MOST_DAYS_BACK

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRates:
    """Rates in order, some of them assumed from a day before; ``missing`` are the parts without."""

    rates: tuple[Rate, ...]
    missing: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPrices:
    """Asks a source once; prices that it lacks are assumed from the day before, or one up to a week before."""

    source: PriceSource
    tariff: Tariff

    def __call__(self, since: datetime, until: datetime) -> KnownRates:
        """The rates of ``[since, until)``.

        Raises:
            PricesUnavailable: there is no price at all, and why.
        """
        known = self.source.fetch(since - A_DAY, until)
        found = self._rates(known, since, until)
        if not found.missing:
            return found
        earliest = since - MOST_DAYS_BACK * A_DAY
        try:
            before = self.source.fetch(earliest, since - A_DAY)
        except PricesUnavailable:
            before = ()
        parts = [part for each in before if (part := each.within(earliest, since - A_DAY)) is not None]
        own = [part for each in known if (part := each.within(since - A_DAY, each.end)) is not None]
        found = self._rates(without_overlaps([*parts, *own]), since, until)
        if not found.rates:
            asked = f"{since.isoformat()} to {until.isoformat()}"
            raise PricesUnavailable(f"{self.source.name} has no price for {asked}, nor for the week before")
        return found

    def _rates(self, known: tuple[PriceInterval, ...], since: datetime, until: datetime) -> KnownRates:
        extended = extended_by_yesterday(known, since, until, self.tariff.zone)
        return KnownRates(rates=self.tariff.rates(extended.intervals), missing=extended.missing)
