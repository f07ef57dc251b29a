"""A device that its template describes, served until a signal ends the process."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.devices.simulation import SimulatedDevice, simulated_device


@dataclass(slots=True, kw_only=True)
class Simulation:
    """``port`` None: the template's own, of Modbus and MQTT devices; ``parameters`` as NAME=VALUE."""

    template: str
    usages: Sequence[str]
    parameters: Sequence[str]
    host: str
    port: int | None
    over: str | None
    _device: SimulatedDevice | None = field(default=None, init=False)

    def start(self) -> tuple[str, ...]:
        """Begin to serve; says what cannot be served together, if anything, and where, a line each.

        Raises:
            Refused: the template or an option is not acceptable.
            OSError: the port is not to be had, or there is no broker.
        """
        self._device = device = simulated_device(
            self.template,
            usages=self.usages,
            parameters=_values(self.parameters),
            host=self.host,
            port=self.port,
            over=self.over,
        )
        device.served.start()
        where = f"{device.words}: {device.reached} at {self.host}:{device.served.port}, until Ctrl-C"
        if not device.contested:
            return (where,)
        pairs = "; ".join(device.contested)
        return f"warning: {pairs} read different numbers of the same registers: serve one of them, with --usage", where

    @staticmethod
    def serve() -> None:
        """Go on until a signal ends the process."""
        threading.Event().wait()


def _values(stated: Sequence[str]) -> dict[str, Any]:
    """``timer_s=60`` as a mapping; what is no number, true or false is a text."""
    values: dict[str, Any] = {}
    for words in stated:
        name, is_there, text = words.partition("=")
        if not is_there or not name:
            raise Refused.at("--parameter", f"{words!r} must be NAME=VALUE")
        try:
            values[name] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name] = text
    return values
