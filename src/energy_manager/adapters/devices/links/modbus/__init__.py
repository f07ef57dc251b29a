"""Modbus: TCP, RTU through TCP, RTU over a serial line."""

from energy_manager.adapters.devices.links.modbus.blocks import BlockPlan, Span
from energy_manager.adapters.devices.links.modbus.client import ModbusClient
from energy_manager.adapters.devices.links.modbus.framing import Mbap, Rtu
from energy_manager.adapters.devices.links.modbus.link import ModbusLink, SpanReading, Turn
from energy_manager.adapters.devices.links.modbus.pdu import Read, Table, Write
from energy_manager.adapters.devices.links.modbus.transports import SerialTransport, TcpTransport

__all__ = [
    "BlockPlan",
    "Mbap",
    "ModbusClient",
    "ModbusLink",
    "Read",
    "Rtu",
    "SerialTransport",
    "Span",
    "SpanReading",
    "Table",
    "TcpTransport",
    "Turn",
    "Write",
]
