"""A device's points and writes on whichever link it has."""

from energy_manager.adapters.devices.templated.channels.channel import Channel, Session, Snapshot
from energy_manager.adapters.devices.templated.channels.decoding import PointValue
from energy_manager.adapters.devices.templated.channels.over_json import HttpChannel, MqttChannel
from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel, SunSpecUnit

__all__ = ["Channel", "HttpChannel", "ModbusChannel", "MqttChannel", "PointValue", "Session", "Snapshot", "SunSpecUnit"]
