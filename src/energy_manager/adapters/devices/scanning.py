"""Which units answer behind a host, and what they say of themselves by SunSpec; reads only, and never for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from energy_manager.adapters.devices.links.errors import LinkDown, LinkError, MalformedAnswer, ModbusException
from energy_manager.adapters.devices.links.modbus import Mbap, ModbusClient, Read, Rtu, Table, TcpTransport
from energy_manager.adapters.devices.templates.sunspec import Chain, walk
from energy_manager.adapters.lanes.steps import complete
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.unit_scan import FoundUnit, NobodyListens, SunSpecIdentity

_IDENTITY = {"manufacturer": "1.Mn", "model": "1.Md", "serial": "1.SN"}
_TEMPLATES = (
    ("sunspec_inverter", range(101, 114), {701}),
    ("sunspec_meter", range(201, 215), set[int]()),
    ("sunspec_storage", range(0), {124, 713, 802}),
)
"""Which models a device must have one of, that the template fits."""


@dataclass(slots=True, kw_only=True)
class ModbusScan:
    """Asks one unit after the other, each once; ``tried`` counts them. At most ``within_s`` in all."""

    host: str
    port: int
    units: Sequence[int]
    over: Literal["tcp", "rtu_over_tcp"]
    clock: Clock
    timeout_s: float
    within_s: float
    tried: int = 0

    def __call__(self) -> Iterator[FoundUnit]:
        """The units that answer, as they are found.

        Raises:
            NobodyListens: nothing can be asked there.
        """
        until_s = self.clock.now_s() + self.within_s
        framing = Mbap() if self.over == "tcp" else Rtu()
        transport = TcpTransport(self.host, self.port)
        client = ModbusClient(transport, framing, clock=self.clock, timeout_s=self.timeout_s)
        try:
            for unit in self.units:
                if self.clock.now_s() >= until_s:
                    return
                self.tried += 1
                found = self._found(client, unit)
                if found is not None:
                    yield found
        except LinkDown as down:
            raise NobodyListens(str(down)) from None
        finally:
            client.close()

    def _found(self, client: ModbusClient, unit: int) -> FoundUnit | None:
        read = partial(_holding, client, unit)
        try:
            chain = walk(read)
            return FoundUnit(unit=unit, sunspec=_identity(chain, read))
        except LinkDown:
            raise
        except ModbusException as refusal:
            return None if refusal.is_from_gateway else FoundUnit(unit=unit, sunspec=None)
        except MalformedAnswer:
            return FoundUnit(unit=unit, sunspec=None)
        except LinkError:
            return None


def _holding(client: ModbusClient, unit: int, address: int, count: int) -> list[int]:
    return complete(client.reading(unit, Read(Table.HOLDING, address, count)))


def _identity(chain: Chain, read: partial[list[int]]) -> SunSpecIdentity:
    said = {}
    for name, point in _IDENTITY.items():
        located = chain.locate([point])
        raw = None if located is None else located.encoding.raw(read(located.address, located.encoding.count))
        said[name] = None if raw is None else str(raw)
    models = tuple(model.model_id for model in chain.models)
    return SunSpecIdentity(**said, models=models, templates=_fitting(models))


def _fitting(models: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(
        name for name, numbers, others in _TEMPLATES if any(model in numbers or model in others for model in models)
    )
