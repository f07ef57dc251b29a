"""A device's points and writes on whichever link it has; the channels themselves are loaded with their links."""

from energy_manager.adapters.devices.templated.channels.channel import Channel, Session, Snapshot
from energy_manager.adapters.devices.templated.channels.decoding import PointValue

__all__ = ["Channel", "PointValue", "Session", "Snapshot"]
