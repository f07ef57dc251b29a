"""Prices beside the loop: asked for when there should be new ones, kept meanwhile, never without a trusted clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from energy_manager.application.ports.forecasts.price_source import PriceSource, PricesUnavailable
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.tariff import PriceInterval, Rate, Tariff, extended_by_yesterday, without_overlaps

PUBLISHED_AT = timedelta(hours=13)
"""When the day-ahead market has told tomorrow's prices, by the local clock."""

RETRY = timedelta(minutes=10)
"""How often is asked for what should be there."""

SPREAD = timedelta(minutes=5)
"""Not all sites ask at the same moment."""

KEPT = timedelta(days=7)
"""What is asked for at first: prices of days before take the place of those that are not known."""

REMEMBERED = timedelta(days=49)
"""How long prices are kept: forecasts of the sun learn from them."""


@dataclass(slots=True, kw_only=True)
class KeepPrices:
    """The rates of the hours ahead.

    ``trust`` judges the clock: one that is doubted asks for no prices, for it would ask for those of another day.
    ``share`` is a random number from 0 to 1, for jitter. Where more
    than one thread asks, ``one_at_a_time`` is their lock.
    """

    source: PriceSource
    tariff: Tariff
    trust: Callable[[], ClockTrust]
    share: Callable[[], float]
    one_at_a_time: AbstractContextManager[object] = field(default_factory=nullcontext)
    _known: tuple[PriceInterval, ...] = field(default=(), init=False)
    _ask_at: datetime | None = field(default=None, init=False)
    _reason: str = field(default="", init=False)

    def rates(self, since: datetime, until: datetime, *, now: datetime) -> tuple[Rate, ...]:
        """The rates of ``[since, until)``, assumed ones marked; may take as long as the source does.

        Raises:
            PricesUnavailable: there is no price at all, and why.
        """
        with self.one_at_a_time:
            if self._ask_at is None or now >= self._ask_at:
                self._ask(until, now=now)
        extended = extended_by_yesterday(self._known, since, until, self.tariff.zone)
        if not extended.intervals:
            raise PricesUnavailable(self._reason or f"{self.source.name} has no price for the hours ahead")
        return self.tariff.rates(extended.intervals)

    @property
    def known(self) -> tuple[PriceInterval, ...]:
        """What the source has told, of the last weeks too, in order; nothing assumed."""
        return self._known

    def recent(self, *, now: datetime) -> tuple[Rate, ...]:
        """The rates of the last week, as far as they are known."""
        parts = [part for each in self._known if (part := each.within(now - KEPT, now)) is not None]
        return self.tariff.rates(parts)

    def _ask(self, until: datetime, *, now: datetime) -> None:
        trust = self.trust()
        if not trust.is_trusted:
            self._reason = f"prices are not asked for while the clock is doubted: {trust.why}"
            self._ask_at = now + RETRY
            return
        since = now - (timedelta(days=1) if self._known else KEPT)
        try:
            found = self.source.fetch(since, until)
        except PricesUnavailable as error:
            self._reason = str(error)
            self._ask_at = now + RETRY * (0.5 + self.share())
            return
        begin = found[0].start
        older = [part for each in self._known if (part := each.within(now - REMEMBERED, begin)) is not None]
        self._known = without_overlaps([*older, *found])
        self._reason = ""
        self._ask_at = self._next(now, published_until=found[-1].end)

    def _next(self, now: datetime, *, published_until: datetime) -> datetime:
        """When there may be more: after the next publication, or soon where that should have been already."""
        local = now.astimezone(self.tariff.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        publication = midnight + PUBLISHED_AT
        is_published = local >= publication
        wanted = midnight + timedelta(days=2 if is_published else 1)
        if published_until < wanted.astimezone(UTC):
            return now + RETRY * (0.5 + self.share())
        following = publication + timedelta(days=1) if is_published else publication
        return following.astimezone(UTC) + SPREAD * self.share()
