"""The assignment's simulated devices: a clock of time blocks, a schedule, and one controller a device.

The product uses only these names; any module of the same surface, first on ``PYTHONPATH``, replaces this one.
"""

from shared.clock import Clock
from shared.device_controller import DeviceController, DeviceStatus
from shared.schedule_provider import AssetId, PowerTarget, ScheduleProvider

__all__ = ["AssetId", "Clock", "DeviceController", "DeviceStatus", "PowerTarget", "ScheduleProvider"]
