"""How devices are spoken to: drivers, what they are opened with, and gateways that keep a device from the loop."""

from energy_manager.adapters.devices.driver import (
    Connection,
    ConnectionType,
    DeviceAbsent,
    Driver,
    DriverContext,
    DriverType,
    Measurement,
)

__all__ = [
    "Connection",
    "ConnectionType",
    "DeviceAbsent",
    "Driver",
    "DriverContext",
    "DriverType",
    "Measurement",
]
