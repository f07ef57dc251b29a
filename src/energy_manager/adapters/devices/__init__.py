"""How devices are spoken to: blocking drivers behind lanes, and devices that live in memory."""

from energy_manager.adapters.devices.driver import DeviceDriver, Reading
from energy_manager.adapters.devices.in_memory import InMemoryDevices
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway

__all__ = ["DeviceDriver", "InMemoryDevices", "LaneDeviceGateway", "Reading"]
