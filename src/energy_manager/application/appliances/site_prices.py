"""Beside the loop: homes that go by money go by the site's tariff without being told prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from energy_manager.application.appliances.service import ApplianceService
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.appliances.ledger.home import HomePrices
from energy_manager.domain.appliances.units import FOREVER_US, exact_number
from energy_manager.domain.series import floored, microseconds
from energy_manager.domain.tariff import Rate

AHEAD = timedelta(days=3)
"""Runs wait a day at most for a better price, and may last one; later hours cost what the last one does."""

LOOK_S = 2.0
"""How often is looked whether a quarter hour has passed."""

_QUARTER_S = 900


class Rates(Protocol):
    """What a kWh costs and earns in ``[since, until)``; may take as long as the price service does.

    Raises:
        PricesUnavailable: there is no price at all, and why.
    """

    def __call__(self, since: datetime, until: datetime, *, now: datetime) -> Sequence[Rate]:
        """The rates, in order."""
        ...


@dataclass(slots=True, kw_only=True)
class KeepHomesPriced:
    """Gives the homes the rates of the hours ahead whenever these are others than they know.

    A site without homes that go by money asks for no prices.
    """

    live: ApplianceService
    rates: Rates
    now: Callable[[], datetime]
    journal: Journal
    _looked_at: datetime | None = field(default=None, init=False)
    _reason: str = field(default="", init=False)

    def look(self) -> None:
        """Do what is due."""
        now = self.now()
        quarter = floored(now, step_s=_QUARTER_S)
        try:
            if quarter == self._looked_at or not self._is_wanted():
                return
            since = now.replace(minute=0, second=0, microsecond=0)
            prices = home_prices(self.rates(since, since + AHEAD, now=now))
            known = self.live.look().table.policy.prices
            if known is None or _ahead(known, now) != _ahead(prices, now):
                self.live.price(prices)
        except PricesUnavailable as error:
            self._tell(str(error))
        except StoreUnavailable:
            # Who looks after time tells it; the next look tries again.
            pass
        else:
            self._looked_at = quarter
            self._tell("")

    def _is_wanted(self) -> bool:
        """Whether a home goes by the common prices."""
        table = self.live.look().table
        own = [table.policies.get(name) for name in table.homes]
        return any(policy is not None and policy.strategy == "cost" and policy.prices is None for policy in own)

    def _tell(self, reason: str) -> None:
        """Once what is wrong, once that it is well again."""
        if reason == self._reason:
            return
        is_good, self._reason = not reason, reason
        sentence = "homes go by the site's prices again" if is_good else f"homes have no prices to go by: {reason}"
        self.journal.record(Noticed(is_good=is_good, sentence=sentence))


def home_prices(rates: Sequence[Rate]) -> HomePrices:
    """Rates per kWh as prices per MWh; each holds until the next one: none is ever 0 for want of one."""
    from_us = [*(microseconds(rate.start) for rate in rates), FOREVER_US]
    return HomePrices(
        buy=StepFunction.of_rows(from_us, [exact_number(1000 * rate.buy_per_kwh) for rate in rates]),
        sell=StepFunction.of_rows(from_us, [exact_number(1000 * rate.sell_per_kwh) for rate in rates]),
    )


def _ahead(prices: HomePrices, now: datetime) -> tuple[StepFunction, StepFunction]:
    """What is said of the two days ahead: that a third one goes on is no news."""
    now_us, until_us = microseconds(now), microseconds(now + AHEAD - timedelta(days=1))
    return prices.buy.since(now_us).until(until_us), prices.sell.since(now_us).until(until_us)
