"""Job 6, least cost: use cases."""

from energy_manager.application.least_cost.plan import PlanLeastCost
from energy_manager.application.least_cost.read_prices import KnownRates, ReadPrices

__all__ = ["KnownRates", "PlanLeastCost", "ReadPrices"]
