"""The fleet at one moment, for whoever looks at it: sites worst first, room both ways, ordered against delivered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from energy_manager.application.fleet.at_centre.centre import Centre
from energy_manager.application.fleet.at_centre.presence import SiteSeen, Standing, in_words
from energy_manager.application.fleet.views.silences import SeenSilences
from energy_manager.application.ports.fleet.fleet_book import EnrolledSite, FleetBook
from energy_manager.application.ports.fleet.fleet_bus import SiteState
from energy_manager.domain.fleet import Direction, OrderRecord, Portfolio, SettlementRow, SiteOffer, settle, why

AWAY = frozenset({Standing.LOST, Standing.LATE})
"""What such sites last said counts no more."""

RANK = {standing: rank for rank, standing in enumerate(Standing)}
"""The worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTotals:
    """All sites together; powers in kW.

    ``up_kw`` and ``down_kw`` are how far they can go from what they deliver now. ``alarms`` are without those that were
    acknowledged. ``unknown`` sites tell no import, so that the sum lacks them.
    """

    sites: int
    standings: Mapping[Standing, int]
    import_kw: float
    unknown: int
    deliver_kw: float
    up_kw: int
    down_kw: int
    alarms: int
    acknowledged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    """Answers questions about the fleet; from any thread.

    Raises:
        StoreUnavailable: methods that ask the book, where it cannot be read now.
    """

    centre: Centre
    book: FleetBook
    silences: SeenSilences

    def sites(self) -> tuple[SiteSeen, ...]:
        """Every site that is enrolled or was heard, the worst first, of these what nobody has acknowledged."""
        enrolled = self._enrolled()
        revoked = {site for site, entry in enrolled.items() if entry.revoked_at is not None}
        names = (set(enrolled) | set(self.centre.presence.names())) - revoked
        silences = self.silences.all()
        seen = (self.silences.noted(self.centre.presence.seen(name), silences) for name in names)
        return tuple(sorted(seen, key=_worst_first))

    def _enrolled(self) -> dict[str, EnrolledSite]:
        return {entry.site: entry for entry in self.book.sites()}

    def site(self, name: str) -> SiteSeen | None:
        """A site; None: it is not of the fleet."""
        seen = self.silences.noted(self.centre.presence.seen(name), self.silences.all())
        entry = self._enrolled().get(name)
        is_of_fleet = seen.age_s is not None or entry is not None
        return seen if is_of_fleet and (entry is None or entry.revoked_at is None) else None

    def totals(self) -> FleetTotals:
        """All of them together; what a lost or late site last said does not count.

        One pass over them, as it is wanted every few seconds.
        """
        enrolled = self._enrolled()
        unheard = {site for site, entry in enrolled.items() if entry.revoked_at is None}
        counts = dict.fromkeys(Standing, 0)
        import_kw = deliver_kw = 0.0
        known = up_kw = down_kw = alarms = acknowledged = 0
        for site, standing, state in self.centre.presence.standings():
            if site in enrolled:
                if site not in unheard:
                    continue  # revoked
                unheard.remove(site)
            counts[standing] += 1
            if standing in AWAY:
                continue
            if state.import_kw is not None:
                import_kw += state.import_kw
                known += 1
            deliver_kw += state.deliver_kw or 0.0
            up_kw += _more_kw(state, Direction.UP)
            down_kw += _more_kw(state, Direction.DOWN)
            alarms += state.alarms
            acknowledged += state.acknowledged
        counts[Standing.LOST] += len(unheard)
        sites = sum(counts.values())
        return FleetTotals(
            sites=sites,
            standings=counts,
            import_kw=import_kw,
            unknown=sites - known,
            deliver_kw=deliver_kw,
            up_kw=up_kw,
            down_kw=down_kw,
            alarms=alarms,
            acknowledged=acknowledged,
        )

    def portfolios(self, *, most: int) -> tuple[Portfolio, ...]:
        """The activations with their orders, those that are not over first, then the newest."""
        running = self.centre.portfolios
        newest = [entry for entry in reversed(self.book.activations()) if entry.id not in running][:most]
        over = [found for entry in newest if (found := self.centre.portfolio(entry.id)) is not None]
        return (*sorted(running.values(), key=lambda found: found.activation.start), *over)[:most]

    def settlement(self, portfolio: Portfolio) -> tuple[SettlementRow, ...]:
        """What was ordered and delivered of an activation, by quarter hour."""
        delivered = self.book.delivered(portfolio.activation.id)
        return settle(portfolio.records.values(), delivered, now=self.centre.now())

    def live_orders(self) -> tuple[OrderRecord, ...]:
        """Every order that a site may be carrying out."""
        portfolios = self.centre.portfolios.values()
        return tuple(record for found in portfolios for record in found.records.values() if record.is_live)

    def why(self, portfolio: Portfolio, site: SiteSeen) -> tuple[str, ...]:
        """Why a site has an order of the activation, or has none."""
        is_over = portfolio.activation.is_over(self.centre.now())
        offer = None if is_over else self._offer(portfolio, site.site)
        presence = in_words(site) or ("" if offer else site.doubt)
        return why(portfolio, site.site, offer=offer, presence=presence, is_over=is_over)

    def _offer(self, portfolio: Portfolio, site: str) -> SiteOffer | None:
        offers = self.centre.ordering.offers_for(portfolio.activation, portfolio)
        return next((offer for offer in offers if offer.site == site), None)


def _more_kw(state: SiteState, direction: Direction) -> int:
    room_kw = state.room.up_kw if direction is Direction.UP else state.room.down_kw
    return max(0, math.floor(room_kw - (state.deliver_kw or 0.0) * direction.sign))


def _worst_first(site: SiteSeen) -> tuple[bool, bool, int, tuple[str, int, str]]:
    return (site.standing is Standing.GOOD, site.is_acknowledged, RANK[site.standing], _by_number(site.site))


def _by_number(name: str) -> tuple[str, int, str]:
    """``site-9`` before ``site-10``."""
    stem = name.rstrip("0123456789")
    return (stem, int(name[len(stem) :] or 0), name)
