"""Job 1, dispatch, as an operator's procedure: tell targets, read statuses, watch the devices, keep time."""

from energy_manager.application.dispatch.hold_grid_limit import HoldGridLimit
from energy_manager.application.dispatch.keep_control import KeepControl
from energy_manager.application.dispatch.keep_memories import KeepMemories
from energy_manager.application.dispatch.loop import DispatchLoop, DispatchTiming
from energy_manager.application.dispatch.read_device import ReadDevice
from energy_manager.application.dispatch.read_site_state import ReadSiteState
from energy_manager.application.dispatch.send_targets import SendTargets
from energy_manager.application.dispatch.statistics import TickStatistics
from energy_manager.application.dispatch.watch_devices import WatchDevices

__all__ = [
    "DispatchLoop",
    "DispatchTiming",
    "HoldGridLimit",
    "KeepControl",
    "KeepMemories",
    "ReadDevice",
    "ReadSiteState",
    "SendTargets",
    "TickStatistics",
    "WatchDevices",
]
