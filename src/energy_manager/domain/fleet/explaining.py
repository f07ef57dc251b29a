"""Why a site was chosen, or was not, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from energy_manager.domain.fleet.offers import PriceSource, SiteOffer
from energy_manager.domain.fleet.orders import OrderRecord
from energy_manager.domain.fleet.portfolio import Portfolio

_PRICES = {
    PriceSource.REGISTERED: "its registered price",
    PriceSource.PLAN: "what its own least-cost plan says that it costs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One selection: what was wanted, what was on offer, what was taken; ``is_confirmed`` by a person who saw it."""

    wanted_kw: int
    offered: Sequence[SiteOffer]
    chosen: Sequence[SiteOffer]
    in_place_of: Sequence[str] = ()
    is_confirmed: bool = False


def reasons(choice: Choice) -> Mapping[str, str]:
    """By site that was chosen, why."""
    offered_kw = sum(offer.volume_kw for offer in choice.offered)
    chosen_kw = sum(offer.volume_kw for offer in choice.chosen)
    cost = sum(offer.cost_cents for offer in choice.chosen) / 100
    among = (
        f"it suffices for {choice.wanted_kw} kW"
        if len(choice.chosen) == 1
        else f"one of {len(choice.chosen)} that reach {choice.wanted_kw} kW ({chosen_kw} kW for {cost:.2f} EUR)"
    )
    of_all = (
        f"all {len(choice.offered)} offers together have {offered_kw} kW, less than the {choice.wanted_kw} kW wanted"
        if offered_kw < choice.wanted_kw
        else f"{among}, as it was looked at and confirmed"
        if choice.is_confirmed
        else f"{among}, the cheapest of {len(choice.offered)} offers with {offered_kw} kW"
    )
    instead = f"; in place of {_some(choice.in_place_of)}" if choice.in_place_of else ""
    return {
        offer.site: f"{offer.volume_kw} kW for {offer.cost_cents / 100:.2f} EUR by {_PRICES[offer.source]}: "
        f"{of_all}{instead}"
        for offer in choice.chosen
    }


def why(
    portfolio: Portfolio, site: str, *, offer: SiteOffer | None, presence: str, is_over: bool = False
) -> tuple[str, ...]:
    """Why a site has an order of the activation, or has none.

    ``offer`` is what it offers now, None: nothing. Of an activation that is over it is not known any more.
    """
    records = [record for record in portfolio.records.values() if record.order.site == site]
    if records:
        return tuple(sentence for record in records for sentence in _story(record))
    if is_over:
        activation = portfolio.activation
        ended_at = activation.until if activation.ended_at is None else activation.ended_at
        others = len({record.order.site for record in portfolio.records.values()})
        counted = "1 other site was" if others == 1 else f"{others} other sites were"
        by = f"{counted} ordered" if others else "no site was ordered"
        return (f"no order: {by} until the activation was over at {ended_at:%H:%M:%S} UTC",)
    if presence:
        return (f"no order: {presence}",)
    if offer is None:
        return ("no order: it offers nothing in this direction at that time",)
    if portfolio.missing_kw <= 0:
        price = f"{offer.cost_cents / 100:.2f} EUR for {offer.volume_kw} kW"
        return (f"no order: the others reach {portfolio.activation.volume_kw} kW for less than with its {price}",)
    return ("no order yet: it is ordered as soon as the cap on open orders allows",)


def _story(record: OrderRecord) -> tuple[str, ...]:
    note = f" ({record.note})" if record.note else ""
    said = f"order {record.id} of {record.placed_at:%H:%M:%S} UTC: {record.because or 'chosen by hand'}"
    return (said, f"it is {record.state} since {record.since:%H:%M:%S} UTC{note}")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
