"""Plans without a solver: exact for one storage, one after the other for several."""

from energy_manager.domain.peak_shaving.exact.in_turn import demand_cost_kwh, plan_in_turn
from energy_manager.domain.peak_shaving.exact.single import NeedsSolver, plan_storage

__all__ = ["NeedsSolver", "demand_cost_kwh", "plan_in_turn", "plan_storage"]
