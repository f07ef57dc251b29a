"""Job 1, dispatch: what each asset is told when some fall short of their schedule."""

from energy_manager.domain.dispatch.asset_state import AssetState, asset_state
from energy_manager.domain.dispatch.asset_status import AssetStatus, OfStatuses, usable_potentials
from energy_manager.domain.dispatch.control import NOBODY, Controlled, Taken, UnderControl, left_behind
from energy_manager.domain.dispatch.deciding import POLICIES, decide, powers_in
from energy_manager.domain.dispatch.follow_schedule import FollowSchedule
from energy_manager.domain.dispatch.obedience import OBEYS, Obedience, counts_as, lowest_of
from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy
from energy_manager.domain.dispatch.proportional_redistribution import ProportionalRedistribution

__all__ = [
    "NOBODY",
    "OBEYS",
    "POLICIES",
    "AssetState",
    "AssetStatus",
    "Controlled",
    "Dispatch",
    "DispatchPolicy",
    "FollowSchedule",
    "Obedience",
    "OfStatuses",
    "ProportionalRedistribution",
    "Taken",
    "UnderControl",
    "asset_state",
    "counts_as",
    "decide",
    "left_behind",
    "lowest_of",
    "powers_in",
    "usable_potentials",
]
