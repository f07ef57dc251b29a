"""The activations that are not over, found by order, by site and by when time moves them next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from energy_manager.domain.fleet import Fact, FleetActivation, OrderRecord, OrderState, Portfolio, next_look

IN_VAIN = timedelta(seconds=1)
"""What nobody offers is looked for again after this."""


@dataclass(slots=True, kw_only=True)
class RunningPortfolios:
    """Changed by one thread at a time; ``sites`` and ``all`` may be read by any."""

    _portfolios: dict[str, Portfolio] = field(default_factory=dict, init=False)
    _facts: dict[str, list[Fact]] = field(default_factory=dict, init=False)
    _by_order: dict[str, str] = field(default_factory=dict, init=False)
    _by_site: dict[str, set[str]] = field(default_factory=dict, init=False)
    _due: dict[str, datetime] = field(default_factory=dict, init=False)

    @property
    def all(self) -> Mapping[str, Portfolio]:
        """By the activation's id."""
        return self._portfolios.copy()

    def of(self, activation: str) -> Portfolio | None:
        """The portfolio of an activation; None: it is over, or there is none."""
        return self._portfolios.get(activation)

    def concerns(self, site: str) -> bool:
        """Whether the site has a live order."""
        return site in self._by_site

    def is_live(self, order: str, site: str) -> bool:
        """Whether the site may be carrying the order out."""
        portfolio = self._portfolios.get(self._by_order.get(order, ""))
        record = None if portfolio is None else portfolio.records.get(order)
        return record is not None and record.order.site == site and record.is_live

    def live_of(self, site: str) -> tuple[OrderRecord, ...]:
        """The live orders of a site."""
        return tuple(
            record
            for activation in self._by_site.get(site, ())
            for record in self._portfolios[activation].records.values()
            if record.order.site == site and record.is_live
        )

    def open(self) -> tuple[OrderRecord, ...]:
        """Orders that were not written to the socket yet."""
        return tuple(
            record
            for portfolio in self._portfolios.values()
            for record in portfolio.records.values()
            if record.state is OrderState.OPEN
        )

    def busy(self, activation: FleetActivation) -> frozenset[str]:
        """Sites with a live order of another activation at the same time."""
        return frozenset(
            record.order.site
            for other in self._portfolios.copy().values()
            if other.activation.id != activation.id and other.activation.overlaps(activation)
            for record in other.records.values()
            if record.is_live
        )

    def heard_of_order(self, order: str, fact: Fact) -> None:
        """Keep a fact about an order for the next step of its portfolio."""
        activation = self._by_order.get(order)
        if activation is not None:
            self._facts.setdefault(activation, []).append(fact)

    def heard_of_site(self, site: str, fact: Fact) -> None:
        """Keep a fact about a site for the next steps of the portfolios that it concerns."""
        for activation in self._by_site.get(site, ()):
            self._facts.setdefault(activation, []).append(fact)

    def facts(self, activation: str) -> tuple[Fact, ...]:
        """What was heard since the last step."""
        return tuple(self._facts.get(activation, ()))

    def due(self, now: datetime) -> tuple[str, ...]:
        """The activations of which something was heard, or that time moves."""
        return tuple(name for name in self._portfolios if name in self._facts or now >= self._due[name])

    def due_in_s(self, now: datetime) -> float:
        """In how many seconds time moves the next activation; infinite where there is none."""
        return min(((due - now).total_seconds() for due in self._due.copy().values()), default=math.inf)

    def add(self, portfolio: Portfolio) -> None:
        """Take up an activation; it is due at once."""
        self._adopt(portfolio, due=portfolio.activation.placed_at)

    def stepped(self, portfolio: Portfolio, now: datetime) -> None:
        """A step was made: what was heard is done with."""
        self._facts.pop(portfolio.activation.id, None)
        due = next_look(portfolio, now) or portfolio.activation.until
        self._adopt(portfolio, due=min(due, now + IN_VAIN) if portfolio.missing_kw > 0 else due)

    def clock_moved(self, jump: timedelta, now: datetime) -> None:
        """Since when orders wait, and what was measured when, on a time of day that is later by this."""
        for name, portfolio in self._portfolios.items():
            records = {record.id: record.on_later_clock(jump) for record in portfolio.records.values()}
            self._portfolios[name] = replace(portfolio, records=records)
            self._due[name] = now

    def heard_again(self, at: datetime, *, away: timedelta, comes_back_within: timedelta) -> None:
        """Sites are heard again after a time in which none was."""
        for name, portfolio in self._portfolios.items():
            again = (
                record.heard_again(at, away=away, comes_back_within=comes_back_within)
                for record in portfolio.records.values()
            )
            self._portfolios[name] = replace(portfolio, records={record.id: record for record in again})
            self._due[name] = at

    def let_go(self, activation: str) -> None:
        """It is over."""
        portfolio = self._portfolios.pop(activation)
        del self._due[activation]
        for record in portfolio.records.values():
            self._by_order.pop(record.id, None)

    def clear(self) -> None:
        """Know nothing any more."""
        for known in (self._portfolios, self._facts, self._by_order, self._by_site, self._due):
            known.clear()

    def _adopt(self, portfolio: Portfolio, *, due: datetime) -> None:
        activation = portfolio.activation.id
        before = self._portfolios.get(activation)
        changed = changed_records(before, portfolio)
        self._portfolios[activation] = portfolio
        self._due[activation] = due
        for record in changed:
            self._by_order[record.id] = activation
            if not record.is_live:
                self._leave(record.order.site, activation)
        for record in changed:  # a site may have got another order in the same step
            if record.is_live:
                self._by_site.setdefault(record.order.site, set()).add(activation)

    def _leave(self, site: str, activation: str) -> None:
        concerning = self._by_site.get(site)
        if concerning is not None:
            concerning.discard(activation)
            if not concerning:
                del self._by_site[site]


def withdrawn(before: Portfolio, changed: Iterable[OrderRecord]) -> Iterator[OrderRecord]:
    """The orders that a site must be told are over before their time."""
    for record in changed:
        was = before.records.get(record.id)
        if record.state is OrderState.CANCELLED and was is not None and was.state is not OrderState.OPEN:
            yield record


def changed_records(before: Portfolio | None, after: Portfolio) -> list[OrderRecord]:
    """The orders that are new or in any way other than before; of thousands mostly a few."""
    known = {} if before is None else before.records
    return [record for order, record in after.records.items() if known.get(order) is not record]


def news(before: Portfolio, after: Portfolio) -> list[OrderRecord]:
    """The orders of which the book must know."""
    return [record for record in changed_records(before, after) if _is_news(before.records.get(record.id), record)]


def _is_news(before: OrderRecord | None, after: OrderRecord) -> bool:
    """Not that it was sent: who takes over gives an order without an answer again, whether it was or not."""
    if before is not None and before.state is OrderState.OPEN and after.state is OrderState.SENT:
        return False
    return before is None or (before.state, before.since, before.note) != (after.state, after.since, after.note)
