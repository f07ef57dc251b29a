"""What the loop follows between plans: what a kWh costs, earns and is worth, step by step, and the band of each tick.

The idea: which way a storage moves depends on what its next and its last kWh are worth against four prices. Both are
looked up by the energy that is really there, so a plan that reality has left behind still says the right thing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from energy_manager.domain.storage_value.resting_band import SELF_CONSUMPTION, Band
from energy_manager.domain.storage_value.value_function import KINK_KWH

Worth = tuple[float, float]
"""EUR/kWh, and what decides ties (see ``step_costs``)."""

BEFORE_MONEY = 1e6
"""What lies before money in the order of stages is worth more than any price (EUR/kWh)."""

# A mean over scenarios of which one needs the energy is worth less, but still more than any price.
LEAST_BEFORE_MONEY = 1e3


class Mode(StrEnum):
    """Which way a storage moves, for devices that know no more: the band in a word."""

    NORMAL = "normal"
    HOLD = "hold"
    CHARGE = "charge"
    FEED = "feed"
    STORE = "store"
    COVER = "cover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of one step: what a kWh costs and earns, and what it must be worth inside the storage for each move."""

    buy: float
    sell: float
    purchase: float
    surplus: float
    cover: float
    feed_in: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """What leads the storage at a tick; values are EUR/kWh of the next and the last kWh, None where there is none."""

    mode: Mode
    prices: Prices
    next_value: float | None
    last_value: float | None
    refill: str

    def band(self, *, import_limit_kw: float, export_limit_kw: float) -> Band:
        """The band of grid exchange, inside the limits of the grid connection."""
        if self.mode is Mode.CHARGE:
            return Band(import_limit_kw, None)
        if self.mode is Mode.FEED:
            return Band(None, -export_limit_kw)
        return _BANDS[self.mode]


_BANDS = {
    Mode.NORMAL: SELF_CONSUMPTION,
    Mode.HOLD: Band(None, None),
    Mode.STORE: Band(0.0, None),
    Mode.COVER: Band(None, 0.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidedStep:
    """Until when a step lasts (s since 1970), its prices, and the worth of energy as pieces in ascending order."""

    until_s: float
    prices: Prices
    edges: tuple[float, ...]
    worths: tuple[Worth, ...]
    refill: str = ""

    def around(self, stored_kwh: float) -> tuple[Worth | None, Worth | None]:
        """What the next kWh and the last kWh are worth; None where there is no room for it."""
        edges, worths = self.edges, self.worths
        place = bisect_right(edges, stored_kwh + KINK_KWH) - 1
        after = None if place >= len(worths) else worths[max(place, 0)]
        place = bisect_left(edges, stored_kwh - KINK_KWH) - 1
        last = None if place < 0 else worths[min(place, len(worths) - 1)]
        return after, last


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One storage's guidance from ``since_s`` on (s since 1970); ``plan`` names the plan it comes from.

    ``schedule`` is the label of the schedule that the plan became: guidance holds while that one decides. Where
    ``is_tried`` is false nobody knows yet how far the forecasts are off that the worth comes from: what it says of
    money is not heard, so the storage goes by the self-consumption rule, but for what limits and targets need.
    """

    plan: str
    schedule: str
    since_s: float
    steps: tuple[GuidedStep, ...]
    currency: str = "EUR"
    is_tried: bool = True

    def at(self, instant_s: float, stored_kwh: float) -> Leading | None:
        """What leads the storage; None outside the plan's time."""
        place = bisect_right(self.steps, instant_s, key=attrgetter("until_s"))
        if instant_s < self.since_s or place >= len(self.steps):
            return None
        step = self.steps[place]
        after, last = step.around(stored_kwh)
        if not self.is_tried:
            after, last = _needed(after), _needed(last)
        return Leading(
            mode=_mode(step.prices, after, last),
            prices=step.prices,
            next_value=None if after is None else after[0],
            last_value=None if last is None else last[0],
            refill=step.refill,
        )


def _needed(worth: Worth | None) -> Worth | None:
    """What energy is worth to limits and targets; None where it is only money."""
    return None if worth is None or abs(worth[0]) < LEAST_BEFORE_MONEY else worth


def _mode(prices: Prices, after: Worth | None, last: Worth | None) -> Mode:
    """Equality covers and stores, but buys and feeds in only what would be bought or fed in at another time."""
    if after is not None and after >= (prices.purchase, 1.0):
        return Mode.CHARGE
    if last is not None and last < (prices.feed_in, -1.0):
        return Mode.FEED
    # A storage that is empty or full can do the other half only: what it cannot do says nothing against it.
    stores = after is None or after >= (prices.surplus, 0.0)
    covers = last is None or last <= (prices.cover, 0.0)
    if stores and covers:
        return Mode.NORMAL
    return Mode.STORE if stores else Mode.COVER if covers else Mode.HOLD
