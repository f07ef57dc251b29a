"""Job 6, least cost: use cases."""

from energy_manager.application.least_cost.plan import PlanLeastCost

__all__ = ["PlanLeastCost"]
