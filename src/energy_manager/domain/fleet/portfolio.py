"""One activation of the portfolio and its orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from energy_manager.domain.fleet.activation import FleetActivation
from energy_manager.domain.fleet.facts import GRACE
from energy_manager.domain.fleet.offers import SiteOffer
from energy_manager.domain.fleet.orders import CONFIRMED, COUNTED, LIVE, Order, OrderRecord, OrderState

SPARE = 0.1
"""So much above the need may be ordered at the same time."""


class _Sums(NamedTuple):
    """kW of all orders of an activation."""

    expected_kw: float
    exposed_kw: float
    confirmed_kw: float


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """An activation with all its orders by id, in the order in which they were placed."""

    activation: FleetActivation
    records: Mapping[str, OrderRecord] = field(default_factory=dict)

    @cached_property
    def _sums(self) -> _Sums:
        """Of thousands of orders in one pass: they are wanted after every step."""
        expected_kw = silent_kw = confirmed_kw = 0.0
        for record in self.records.values():
            state = record.state
            if state is OrderState.SILENT:
                silent_kw += record.exposed_kw
            elif state in LIVE:
                record_kw = abs(record.order.deliver_kw) if state in COUNTED else record.expected_kw
                expected_kw += record_kw
                if state in CONFIRMED:
                    confirmed_kw += record_kw
        return _Sums(expected_kw=expected_kw, exposed_kw=expected_kw + silent_kw, confirmed_kw=confirmed_kw)

    @property
    def expected_kw(self) -> float:
        """What is counted on."""
        return self._sums.expected_kw

    @property
    def exposed_kw(self) -> float:
        """What may be delivered at most, as far as is known."""
        return self._sums.exposed_kw

    @property
    def confirmed_kw(self) -> float:
        """What sites have said yes to, less what is measured to be missing."""
        return self._sums.confirmed_kw

    def seen_kw(self, now: datetime) -> float:
        """What is measured of it, each order up to its volume; a value that is older than ``GRACE`` is none."""
        oldest = now - GRACE
        return sum(
            min(record.order.volume_kw, max(0.0, record.measured_kw))
            for record in self.records.values()
            if record.state in {OrderState.DELIVERING, OrderState.SHORT} and (record.measured_at or oldest) > oldest
        )

    @property
    def missing_kw(self) -> float:
        """What is counted on by nobody."""
        return max(0.0, self.activation.volume_kw - self.expected_kw)

    @property
    def most_kw(self) -> float:
        """So much may be ordered at the same time, and one site's volume more: sites are taken whole."""
        return self.activation.volume_kw * (1 + SPARE)

    def unavailable_sites(self) -> frozenset[str]:
        """Sites that have an order of this activation, or did not do what one said: they are ordered nothing more."""
        return frozenset(record.order.site for record in self.records.values() if record.is_live or record.has_failed)

    def prompt_first(self, offers: Sequence[SiteOffer], volume_kw: int) -> Sequence[SiteOffer]:
        """The offers without those of sites that answered late in this activation, where the others suffice."""
        late = {record.order.site for record in self.records.values() if record.is_late}
        prompt = [offer for offer in offers if offer.site not in late] if late else offers
        return prompt if sum(offer.volume_kw for offer in prompt) >= volume_kw else offers

    def with_records(self, records: Iterable[OrderRecord]) -> Portfolio:
        """The portfolio with these in place of the former ones, and new ones behind."""
        changed = {record.id: record for record in records}
        return replace(self, records={**self.records, **changed}) if changed else self

    def placed(
        self, chosen: Iterable[SiteOffer], *, epoch: int, now: datetime, because: Mapping[str, str]
    ) -> tuple[OrderRecord, ...]:
        """New orders for the sites that were chosen; ``because`` says why by site."""
        activation, number = self.activation, len(self.records)
        start = max(activation.start, now)
        return tuple(
            OrderRecord(
                order=Order(
                    id=f"{activation.id}-{number + place}",
                    epoch=epoch,
                    site=offer.site,
                    deliver_kw=activation.direction.sign * offer.volume_kw,
                    start=start,
                    until=activation.until,
                    reason=activation.reason,
                ),
                activation=activation.id,
                state=OrderState.OPEN,
                since=now,
                placed_at=now,
                cost_cents=offer.cost_cents,
                because=because.get(offer.site, ""),
            )
            for place, offer in enumerate(chosen, start=1)
        )
