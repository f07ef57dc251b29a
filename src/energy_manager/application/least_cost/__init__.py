"""Job 6, least cost: plan a site on request, and beside the loop again and again."""

from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.least_cost.live_site import DailyRun, LiveSite
from energy_manager.application.least_cost.plan import PlanLeastCost
from energy_manager.application.least_cost.read_prices import KnownRates, ReadPrices
from energy_manager.application.least_cost.rolling_planner import (
    LABEL,
    SCHEDULE_ID,
    CurrentGuidance,
    KeepSitePlanned,
    LiveQuestion,
    PlannedSite,
)
from energy_manager.application.least_cost.savings import DaySavings, TellSavings
from energy_manager.application.least_cost.vehicles import Departure, Departures

__all__ = [
    "LABEL",
    "SCHEDULE_ID",
    "CurrentGuidance",
    "DailyRun",
    "DaySavings",
    "Departure",
    "Departures",
    "KeepPrices",
    "KeepSitePlanned",
    "KnownRates",
    "LiveQuestion",
    "LiveSite",
    "PlanLeastCost",
    "PlannedSite",
    "ReadPrices",
    "TellSavings",
]
