"""The assignment's simulated devices: a clock of time blocks, a schedule, and one controller a device.

The product uses only these names; any module of the same surface, first on ``PYTHONPATH``, replaces this one.
"""

from .clock import Clock
from .device_controller import DeviceController, DeviceStatus
from .schedule_provider import AssetId, PowerTarget, ScheduleProvider

__all__ = ["AssetId", "Clock", "DeviceController", "DeviceStatus", "PowerTarget", "ScheduleProvider"]
