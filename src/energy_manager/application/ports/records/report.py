"""What a report shows, finished, for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from energy_manager.application.ports.records.history import DeviceChangeRecord, LoopSeries, Series, Window
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteName:
    """What a site is called, and the zone in which its times are told; the name is empty where nobody knows it."""

    name: str = ""
    time_zone: str = "UTC"


UNNAMED = SiteName()
"""A site of which only the records are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetEnergy:
    """What an asset delivered and took, kWh, and of how many minutes nothing is known."""

    asset_id: AssetId
    delivered_kwh: float
    taken_kwh: float
    unknown_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """All assets that are told targets together, by step, kW: summed up tick by tick, then averaged; None = a gap.

    ``output`` is of the assets that were measured at that time.
    """

    window: Window
    scheduled: tuple[float | None, ...]
    target: tuple[float | None, ...]
    output: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySavings:
    """A local day, or what is on record of it (``hours``); money is purchase - feed-in + wear - worth of what is left.

    ``rule_cost`` is what the self-consumption rule would have cost, ``foresight_cost`` the least that was possible.
    """

    day: date
    hours: float
    currency: str
    cost: float
    rule_cost: float
    foresight_cost: float

    @property
    def saved(self) -> float:
        """What was saved against the rule."""
        return self.rule_cost - self.cost

    @property
    def possible(self) -> float:
        """What could have been saved against it."""
        return self.rule_cost - self.foresight_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A stretch of time of one site: how the loop did, what assets were told and delivered, and what went wrong.

    ``changes`` are the newest device changes, in order of time; ``changes_left_out`` counts older ones.
    ``power_unit`` is ``kW`` or ``W``, or empty where older records do not tell it. ``together`` is None where nothing
    was told, and where the time is too long to be summed up tick by tick.
    ``savings`` are the days of a site that is planned for least cost.
    """

    site: SiteName
    since: datetime
    until: datetime
    power_unit: str
    loop: LoopSeries
    assets: tuple[Series, ...]
    together: Together | None
    energy: tuple[AssetEnergy, ...]
    changes: tuple[DeviceChangeRecord, ...]
    changes_left_out: int
    troubles: int
    savings: tuple[DaySavings, ...] = ()
