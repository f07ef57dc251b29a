"""Job 1, dispatch: what each asset is told when some fall short of their schedule."""

from energy_manager.domain.dispatch.asset import Asset, AssetKind, Bounds
from energy_manager.domain.dispatch.device_status import DeviceStatus, usable_potentials
from energy_manager.domain.dispatch.follow_schedule import FollowSchedule
from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy
from energy_manager.domain.dispatch.proportional_redistribution import ProportionalRedistribution
from energy_manager.domain.dispatch.within_limits import decide

__all__ = [
    "Asset",
    "AssetKind",
    "Bounds",
    "DeviceStatus",
    "Dispatch",
    "DispatchPolicy",
    "FollowSchedule",
    "ProportionalRedistribution",
    "decide",
    "usable_potentials",
]
