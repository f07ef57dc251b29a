"""What the centre's routes work with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from energy_manager.application.fleet.at_centre.centre import Centre
from energy_manager.application.fleet.at_centre.presence import SiteSeen
from energy_manager.application.fleet.views.course import FleetCourse
from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.fleet.views.previews import ActivationPreview, ShownPreviews
from energy_manager.application.fleet.views.questions import SiteQuestions
from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.domain.fleet import Direction, FleetActivation, Portfolio, Select, SiteOffer, choice_of
from energy_manager.domain.flexibility.selection import VolumeNotAvailable
from energy_manager.entrypoints.api.http.errors import NotFound, SameKeyForAnother


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDesk:
    """The centre, its view and its book; ``name`` is what people call the fleet.

    ``wants_preview``: orders must name the preview that they confirm.
    """

    name: str
    centre: Centre
    view: FleetView
    book: FleetBook
    course: FleetCourse
    questions: SiteQuestions
    select: Select
    now: Callable[[], datetime]
    wants_preview: bool = False
    previews: ShownPreviews = field(default_factory=ShownPreviews)

    def portfolio(self, activation: str) -> Portfolio:
        """An activation.

        Raises:
            NotFound: there is none.
        """
        found = self.centre.portfolio(activation)
        if found is None:
            raise NotFound(f"there is no activation {activation!r}")
        return found

    def site(self, name: str) -> SiteSeen:
        """A site.

        Raises:
            NotFound: it is not of the fleet.
        """
        found = self.view.site(name)
        if found is None:
            raise NotFound(f"there is no site {name!r}")
        return found

    def preview(
        self, activation: FleetActivation, *, partial: bool, confirmed: Collection[str] = ()
    ) -> ActivationPreview:
        """Which sites would be ordered, those that a person has ``confirmed`` first.

        Raises:
            VolumeNotAvailable: not as much is on offer, and ``partial`` was not said.
        """
        offered = self.centre.ordering.offers_for(activation) if partial else self._enough(activation)
        chosen = choice_of(offered, activation.volume_kw, self.select, confirmed=confirmed)
        return ActivationPreview(activation=activation, chosen=chosen)

    def _enough(self, activation: FleetActivation) -> tuple[SiteOffer, ...]:
        offered = self.centre.ordering.offers_for(activation)
        available_kw = sum(offer.volume_kw for offer in offered)
        if available_kw < activation.volume_kw:
            raise VolumeNotAvailable(target_kw=activation.volume_kw, available_kw=available_kw)
        return offered

    def there(self, activation: FleetActivation) -> Portfolio | None:
        """The activation where it has been asked for before; None: it has not.

        Raises:
            SameKeyForAnother: another one has this id.
        """
        there = self.centre.portfolio(activation.id)
        return None if there is None else _same(there, activation)

    def activate(self, activation: FleetActivation, *, partial: bool, confirmed: Collection[str] = ()) -> Portfolio:
        """Order it, from sites that a person has ``confirmed`` first; asked for twice it is one activation.

        Raises:
            SameKeyForAnother: another one has this id.
            VolumeNotAvailable: not as much is on offer, and ``partial`` was not said.
            CentreWaits: this centre is not the active one.
        """
        there = self.there(activation)
        if there is not None:
            return there
        if not partial:
            self._enough(activation)
        return _same(self.centre.activate(activation, confirmed=confirmed), activation)

    def on_day(self, day: date, volume_kw: int) -> tuple[SiteOffer, ...]:
        """The cheapest sites that reach a volume on a day (UTC), by their registered offers, for an hour.

        Raises:
            VolumeNotAvailable: all offers of that day together do not.
        """
        offered = [
            SiteOffer(
                site=offer.site, volume_kw=offer.volume_kw, cost_cents=offer.cost_cents(offer.volume_kw, hours=1.0)
            )
            for offer in self.book.offers()
            if offer.direction is Direction.UP and offer.holds_on(day)
        ]
        available_kw = sum(offer.volume_kw for offer in offered)
        if available_kw < volume_kw:
            raise VolumeNotAvailable(target_kw=volume_kw, available_kw=available_kw, day=day)
        return tuple(self.select(offered, volume_kw))


def _same(found: Portfolio, asked: FleetActivation) -> Portfolio:
    there = found.activation
    if (there.direction, there.volume_kw, there.until) != (asked.direction, asked.volume_kw, asked.until):
        is_close = (there.direction, there.volume_kw) == (asked.direction, asked.volume_kw)
        # "in 30min" said twice means two ends, a second apart: one command all the same.
        if not is_close or abs(there.until - asked.until) > timedelta(minutes=1):
            raise SameKeyForAnother(f"another activation has the id {asked.id!r}")
    return found
