"""A device that its template describes, served with a simulated house behind it."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from energy_manager.adapters.clocks import MonotonicClock
from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.templated.simulation import SimulatedDocuments, SimulatedHouse, SimulatedUnit
from energy_manager.adapters.devices.templated.simulation.serving import HttpDevice, MqttDevice
from energy_manager.adapters.devices.templates import Template, read_template
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.site import Ratings

RATINGS = Ratings(rated_w=5000.0, max_charge_w=5000.0, max_discharge_w=5000.0, capacity_wh=10_000.0)
"""Of the simulated devices."""
FRAMINGS = ("tcp", "rtu_over_tcp")


class _Served(Protocol):
    port: int

    def start(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Simulation:
    """``port`` None: the template's own, of Modbus and MQTT devices; ``parameters`` as NAME=VALUE."""

    template: str
    usages: Sequence[str]
    parameters: Sequence[str]
    host: str
    port: int | None
    over: str | None
    _house: SimulatedHouse | None = field(default=None, init=False)

    def start(self) -> str:
        """Begin to serve; says where, in a line.

        Raises:
            Refused: the template or an option is not acceptable.
            OSError: the port is not to be had, or there is no broker.
        """
        template = self._read()
        served = self._served(template)
        served.start()
        words = ", ".join(self.usages or template.usages)
        link = {"mqtt": "beside the broker", "http": "over HTTP"}.get(template.template.driver, self._framing(template))
        return f"{template.template.title} ({words}): {link} at {self.host}:{served.port}, until Ctrl-C"

    @staticmethod
    def serve() -> None:
        """Go on until a signal ends the process."""
        threading.Event().wait()

    def _read(self) -> Template:
        template = read_template(self.template, parameters=_values(self.parameters), beside=Path())
        unknown = [usage for usage in self.usages if usage not in template.usages]
        if unknown:
            message = f"{unknown[0]}: the device has {', '.join(template.usages)}"
            raise Refused([Fault(field="--usage", message=message)])
        if self.over is not None and self.over not in FRAMINGS:
            raise Refused([Fault(field="--over", message=f"{self.over!r} is none of {', '.join(FRAMINGS)}")])
        return template

    def _served(self, template: Template) -> _Served:
        clock, usages = MonotonicClock(), list(self.usages) or None
        if template.template.driver == "modbus":
            unit = SimulatedUnit(template, clock=clock, usages=usages, ratings=RATINGS)
            self._house = SimulatedHouse(device=unit, clock=clock)
            port = self.port if self.port is not None else template.connection.port or 502
            return ModbusServer(unit, host=self.host, port=port, rtu=self._framing(template) != "Modbus TCP")
        documents = SimulatedDocuments(template, clock=clock, usages=usages, ratings=RATINGS)
        self._house = SimulatedHouse(device=documents, clock=clock)
        if template.template.driver == "mqtt":
            return MqttDevice(documents, host=self.host, port=self.port or 1883)
        if self.port is None:
            raise Refused([Fault(field="--port", message="is needed: where the HTTP device is to listen")])
        return HttpDevice(documents, host=self.host, port=self.port)

    def _framing(self, template: Template) -> str:
        over = self.over or template.connection.over
        return "Modbus TCP" if over == "tcp" else "Modbus RTU over TCP"


def _values(stated: Sequence[str]) -> dict[str, Any]:
    """``timer_s=60`` as a mapping; what is no number, true or false is a text."""
    values: dict[str, Any] = {}
    for words in stated:
        name, is_there, text = words.partition("=")
        if not is_there or not name:
            raise Refused([Fault(field="--parameter", message=f"{words!r} must be NAME=VALUE")])
        try:
            values[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = text
    return values
