"""A device that its template describes, served with a simulated house behind it; and the templates themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.templated.simulation import SimulatedDocuments, SimulatedHouse, SimulatedUnit
from energy_manager.adapters.devices.templated.simulation.serving import HttpDevice, MqttDevice
from energy_manager.adapters.devices.templates import Template, read_template
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Ratings

RATINGS = Ratings(rated_w=5000.0, max_charge_w=5000.0, max_discharge_w=5000.0, capacity_wh=10_000.0)
"""Of the simulated devices."""
FRAMINGS = {"tcp": "Modbus TCP", "rtu_over_tcp": "Modbus RTU over TCP"}


class Served(Protocol):
    """Something that listens once it is started, or talks beside a broker."""

    port: int

    def start(self) -> None:
        """Begin to serve; raises ``OSError`` where the port is not to be had, or there is no broker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDevice:
    """What is served, its house, and in words what it is and how it is reached.

    ``contested`` are usages, in pairs, that read different numbers of the same registers.
    """

    served: Served
    house: SimulatedHouse
    words: str
    reached: str
    contested: tuple[str, ...] = ()


def simulated_device(
    name: str,
    *,
    usages: Sequence[str],
    parameters: Mapping[str, Any],
    host: str,
    port: int | None,
    over: str | None,
) -> SimulatedDevice:
    """A device of the template, not started; ``port`` None: the template's own, of Modbus and MQTT devices.

    Raises:
        Refused: the template or an option is not acceptable.
    """
    template = read_template(name, parameters=parameters, beside=Path())
    unknown = [usage for usage in usages if usage not in template.usages]
    if unknown:
        raise Refused.at("--usage", f"{unknown[0]}: the device has {', '.join(template.usages)}")
    if over is not None and over not in FRAMINGS:
        raise Refused.at("--over", f"{over!r} is none of {', '.join(FRAMINGS)}")
    words = f"{template.template.title} ({', '.join(usages or template.usages)})"
    if template.template.driver == "modbus":
        return _modbus(template, usages, words, host=host, port=port, over=over or template.connection.over)
    clock = MonotonicClock()
    documents = SimulatedDocuments(template, clock=clock, usages=list(usages) or None, ratings=RATINGS)
    house = SimulatedHouse(device=documents, clock=clock)
    if template.template.driver == "mqtt":
        served: Served = MqttDevice(documents, host=host, port=port or 1883)
        return SimulatedDevice(served=served, house=house, words=words, reached="beside the broker")
    if port is None:
        raise Refused.at("--port", "is needed: where the HTTP device is to listen")
    served = HttpDevice(documents, host=host, port=port)
    return SimulatedDevice(served=served, house=house, words=words, reached="over HTTP")


def _modbus(
    template: Template, usages: Sequence[str], words: str, *, host: str, port: int | None, over: str
) -> SimulatedDevice:
    clock = MonotonicClock()
    unit = SimulatedUnit(template, clock=clock, usages=list(usages) or None, ratings=RATINGS)
    at = port if port is not None else template.connection.port or 502
    return SimulatedDevice(
        served=ModbusServer(unit, host=host, port=at, rtu=over != "tcp"),
        house=SimulatedHouse(device=unit, clock=clock),
        words=words,
        reached=FRAMINGS.get(over, FRAMINGS["rtu_over_tcp"]),
        contested=unit.contested,
    )
