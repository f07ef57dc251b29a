"""How devices are spoken to: drivers, what they are opened with, and gateways that keep a device from the loop."""

from energy_manager.adapters.devices.driver import (
    Connection,
    ConnectionType,
    Driver,
    DriverContext,
    DriverType,
    Links,
    Measurement,
)
from energy_manager.adapters.devices.in_memory import InMemoryDevices
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.devices.shared_links import SharedLinks

__all__ = [
    "Connection",
    "ConnectionType",
    "Driver",
    "DriverContext",
    "DriverType",
    "InMemoryDevices",
    "LaneDeviceGateway",
    "Links",
    "Measurement",
    "SharedLinks",
]
