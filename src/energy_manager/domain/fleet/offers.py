"""What sites offer the portfolio, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from energy_manager.domain.errors import faults_of, refuse
from energy_manager.domain.fleet.activation import FleetActivation
from energy_manager.domain.fleet.names import site_fault
from energy_manager.domain.fleet.orders import MOST_KW, Direction

MOST_CENTS = 10**12

HOUR = timedelta(hours=1)

CENTS_PER_KWH = 0.1
"""Of an EUR/MWh."""


class PriceSource(StrEnum):
    """Where a price comes from."""

    REGISTERED = "registered"
    PLAN = "plan"
    """The site's least-cost plan: what giving or taking a kWh costs it now."""


def energy_cents(volume_kw: int, hours: float, price_eur_per_mwh: float) -> int:
    """What the energy of a power for so long costs, rounded to the cent."""
    return round(volume_kw * hours * price_eur_per_mwh * CENTS_PER_KWH)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredOffer:
    """What a site has agreed to: so much power one way, at a fixed cost an activation and a price of the energy.

    ``days`` (UTC) are those on which it holds; None: every day.

    Raises:
        Refused: every field that is not acceptable.
    """

    site: str
    direction: Direction
    volume_kw: int
    activation_cents: int = 0
    price_eur_per_mwh: float = 0.0
    days: tuple[date, ...] | None = None

    def __post_init__(self) -> None:
        fault, volume_kw, cents, price = (
            site_fault(self.site),
            self.volume_kw,
            self.activation_cents,
            self.price_eur_per_mwh,
        )
        most = f"{MOST_CENTS // 100} EUR"
        faults = {
            "volume_kw": None if 1 <= volume_kw <= MOST_KW else f"{volume_kw} kW is not 1 to {MOST_KW} kW",
            "activation_cost": None if 0 <= cents <= MOST_CENTS else f"{cents / 100:.2f} EUR is not 0 to {most}",
            "price_eur_per_mwh": None if 0 <= price <= 1e6 else f"{price} EUR/MWh is not 0 to 1000000 EUR/MWh",
        }
        refuse([*([] if fault is None else [fault]), *faults_of(faults)])

    def holds_on(self, day: date) -> bool:
        """Whether it holds on that day (UTC)."""
        return self.days is None or day in self.days

    def cost_cents(self, volume_kw: int, hours: float) -> int:
        """What an activation of that volume for so long costs, rounded to the cent."""
        return self.activation_cents + energy_cents(volume_kw, hours, self.price_eur_per_mwh)


class Room(NamedTuple):
    """What a site can do now: up (deliver more) and down (take more), kW, at least 0; part of every state.

    The prices are those of the site's own plan, EUR/MWh; None: it has none.
    """

    up_kw: int
    down_kw: int
    up_eur_per_mwh: float | None = None
    down_eur_per_mwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOffer:
    """What one site can be ordered as a whole for one activation."""

    site: str
    volume_kw: int
    cost_cents: int
    source: PriceSource = PriceSource.REGISTERED


Select: TypeAlias = Callable[[Sequence[SiteOffer], int], Sequence[SiteOffer]]
"""The cheapest offers that reach the volume (kW) together; all of them where they do not."""


def offers_of(
    activation: FleetActivation, rooms: Iterable[tuple[str, Room]], registered: Mapping[str, RegisteredOffer]
) -> tuple[SiteOffer, ...]:
    """What sites offer for an activation, by their rooms; those that offer nothing are left out.

    The registered offer of its direction, by site, goes first, as far as the site has room for it; without one the
    price is that of the site's own plan, for as much as is wanted at most: nobody has agreed to what a site says of
    itself.
    """
    is_up, day = activation.direction is Direction.UP, activation.start.date()
    hours = (activation.until - activation.start) / HOUR
    found: list[SiteOffer] = []
    for site, room in rooms:
        room_kw, price = (room.up_kw, room.up_eur_per_mwh) if is_up else (room.down_kw, room.down_eur_per_mwh)
        offer = registered.get(site)
        if room_kw < 1:
            continue
        if offer is not None:
            if offer.holds_on(day):
                volume_kw = min(offer.volume_kw, room_kw)
                found.append(SiteOffer(site=site, volume_kw=volume_kw, cost_cents=offer.cost_cents(volume_kw, hours)))
        elif price is not None:
            volume_kw = min(room_kw, activation.volume_kw)
            cost_cents = energy_cents(volume_kw, hours, max(0.0, price))
            found.append(SiteOffer(site=site, volume_kw=volume_kw, cost_cents=cost_cents, source=PriceSource.PLAN))
    return tuple(found)


def choice_of(
    offered: Sequence[SiteOffer], volume_kw: int, select: Select, *, confirmed: Collection[str] = ()
) -> tuple[SiteOffer, ...]:
    """What is ordered of what is on offer, so that the volume (kW) is reached: the cheapest, and nothing needless.

    Sites that a person has ``confirmed`` go first, whatever is cheaper by now; the others only fill up what they lack.
    """
    kept = [offer for offer in offered if offer.site in confirmed]
    others = [offer for offer in offered if offer.site not in confirmed] if kept else offered
    lacking_kw = volume_kw - sum(offer.volume_kw for offer in kept)
    chosen = [*kept, *select(others, lacking_kw)] if lacking_kw > 0 else kept
    return without_needless(chosen, volume_kw)


def without_needless(chosen: Sequence[SiteOffer], volume_kw: int) -> tuple[SiteOffer, ...]:
    """The offers, without those that the others reach the volume without; the dearest are left out first."""
    spare_kw = sum(offer.volume_kw for offer in chosen) - volume_kw
    needless: set[str] = set()
    for offer in sorted(chosen, key=lambda offer: (-offer.cost_cents, -offer.volume_kw, offer.site)):
        if offer.volume_kw <= spare_kw:
            spare_kw -= offer.volume_kw
            needless.add(offer.site)
    return tuple(offer for offer in chosen if offer.site not in needless)
