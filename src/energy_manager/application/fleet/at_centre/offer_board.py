"""What the sites offer: their registered offers, and what follows for an activation from the room that they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from energy_manager.application.fleet.at_centre.presence import Presence
from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.domain.fleet import BEAT, Direction, FleetActivation, RegisteredOffer, SiteOffer, offers_of

READ_AGAIN_S = 30.0
"""Offers are also registered by other processes."""

HOLDS_S = BEAT.total_seconds()
"""What sites offer for an activation is taken for as good as it was for so long: sites tell it no more often."""


@dataclass(slots=True, kw_only=True)
class OfferBoard:
    """From any thread.

    Args:
        elapsed_s: monotonic seconds.
    """

    book: FleetBook
    presence: Presence
    elapsed_s: Callable[[], float]
    _registered: dict[tuple[str, Direction], RegisteredOffer] = field(default_factory=dict, init=False)
    _read_at_s: float | None = field(default=None, init=False)
    _looked: tuple[float, FleetActivation, tuple[SiteOffer, ...]] | None = field(default=None, init=False)

    def read(self) -> None:
        """Take the registered offers from the book; raises ``StoreUnavailable``."""
        self._registered = {(offer.site, offer.direction): offer for offer in self.book.offers()}
        self._read_at_s, self._looked = self.elapsed_s(), None

    def read_if_old(self) -> None:
        """The same, unless that was done lately."""
        if self._read_at_s is None or self.elapsed_s() - self._read_at_s > READ_AGAIN_S:
            self.read()

    def forget(self) -> None:
        """Another centre may change them: they are read before they are used again."""
        self._read_at_s = self._looked = None

    def offers_for(self, activation: FleetActivation, *, taken: frozenset[str]) -> tuple[SiteOffer, ...]:
        """What sites that are there offer, without those that are taken."""
        if self._read_at_s is None:
            self.read()
        away = taken | self.presence.gone()
        return tuple(offer for offer in self._of_all(activation) if offer.site not in away)

    def _of_all(self, activation: FleetActivation) -> tuple[SiteOffer, ...]:
        """10,000 sites are looked at once for the steps of a moment, not at each."""
        at_s = self.elapsed_s()
        if self._looked is not None:
            looked_at_s, looked_for, offered = self._looked
            if looked_for == activation and at_s - looked_at_s < HOLDS_S:
                return offered
        registered = {
            site: offer for (site, direction), offer in self._registered.items() if direction is activation.direction
        }
        rooms = ((site, state.room) for site, state in self.presence.available().items())
        offered = offers_of(activation, rooms, registered)
        self._looked = at_s, activation, offered
        return offered
