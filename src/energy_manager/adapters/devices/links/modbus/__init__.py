"""Modbus: TCP, RTU through TCP, RTU over a serial line."""

from energy_manager.adapters.devices.links.modbus.blocks import BlockPlan, Span, SpanReading
from energy_manager.adapters.devices.links.modbus.client import ModbusClient
from energy_manager.adapters.devices.links.modbus.framing import Mbap, Rtu
from energy_manager.adapters.devices.links.modbus.link import ModbusLink, Turn
from energy_manager.adapters.devices.links.modbus.pdu import Read, Table, Write
from energy_manager.adapters.devices.links.modbus.serial_line import SerialTransport
from energy_manager.adapters.devices.links.modbus.tcp import TcpTransport

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
