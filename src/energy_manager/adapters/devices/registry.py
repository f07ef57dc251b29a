"""The drivers there are: those built in, one line each, and those that other packages bring.

Another package brings a driver as an entry point of the group ``energy_manager.drivers``, whose name is the driver's
and whose value is its ``DriverType`` (or ``ConnectionType``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from energy_manager.adapters.devices.driver import AnyConnectionType, AnyDriverType, ConnectionType, DriverType
from energy_manager.adapters.failures import describe_failure
from energy_manager.domain.errors import Fault, Refused

_HERE = "energy_manager.adapters.devices"

DRIVERS = {
    "shared": f"{_HERE}.shared_module:SHARED",
    "simulated_storage": f"{_HERE}.simulated.storage:SIMULATED_STORAGE",
    "simulated_meter": f"{_HERE}.simulated.meter:SIMULATED_METER",
    "simulated_appliance": f"{_HERE}.simulated.appliance:SIMULATED_APPLIANCE",
    "device": f"{_HERE}.templated.driver:DEVICE",
    "ocpp": f"{_HERE}.ocpp.driver:OCPP",
}
CONNECTIONS = {
    "modbus": f"{_HERE}.templated.connections:MODBUS",
    "mqtt": f"{_HERE}.templated.connections:MQTT",
    "http": f"{_HERE}.templated.connections:HTTP",
    "ocpp": f"{_HERE}.ocpp.driver:OCPP_LISTENER",
}
"""Each name, and where its type is: a module, which is loaded when the name is asked for, and the name in it."""

Found = TypeVar("Found")

GROUP = "energy_manager.drivers"


class Registry:
    """The drivers and types of connections as they are found now; each is loaded when it is used.

    What is built in goes before an entry point of the same name.
    """

    @cached_property
    def _elsewhere(self) -> Mapping[str, EntryPoint]:
        """What other packages bring; looked for when a name is asked for that is not built in."""
        built_in = DRIVERS.keys() | CONNECTIONS.keys()
        return {point.name: point for point in entry_points(group=GROUP) if point.name not in built_in}

    def driver(self, name: str) -> AnyDriverType | None:
        """The driver of this name; None when there is none.

        Raises:
            Refused: another package brings it, and it cannot be loaded or is no driver.
        """
        found = _built_in(DRIVERS[name]) if name in DRIVERS else self._from_elsewhere(name)
        return found if isinstance(found, DriverType) else None

    def connection(self, name: str) -> AnyConnectionType | None:
        """The type of connection of this name; None when there is none.

        Raises:
            Refused: as for ``driver``.
        """
        found = _built_in(CONNECTIONS[name]) if name in CONNECTIONS else self._from_elsewhere(name)
        return found if isinstance(found, ConnectionType) else None

    def drivers(self) -> Iterator[AnyDriverType]:
        """All drivers that can be loaded, by name."""
        return self._all(self.driver, DRIVERS)

    def connections(self) -> Iterator[AnyConnectionType]:
        """All types of connections that can be loaded, by name."""
        return self._all(self.connection, CONNECTIONS)

    def _all(self, named: Callable[[str], Found | None], built_in: Iterable[str]) -> Iterator[Found]:
        for name in sorted({*built_in, *self._elsewhere}):
            with suppress(Refused):
                found = named(name)
                if found is not None:
                    yield found

    def _from_elsewhere(self, name: str) -> AnyDriverType | AnyConnectionType | None:
        point = self._elsewhere.get(name)
        return None if point is None else _loaded(point)


def _built_in(place: str) -> object:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _loaded(point: EntryPoint) -> AnyDriverType | AnyConnectionType:
    try:
        found = point.load()
    except BaseException as error:  # noqa: BLE001 - a package from elsewhere may fail in any way
        raise _unusable(point, describe_failure(error)) from None
    if not isinstance(found, DriverType | ConnectionType):
        raise _unusable(point, f"{point.value} is no DriverType but {type(found).__name__}")
    if found.name != point.name:
        raise _unusable(point, f"{point.value} is the driver {found.name!r}")
    return found


def _unusable(point: EntryPoint, reason: str) -> Refused:
    return Refused([Fault(field=point.name, message=f"the entry point {GROUP}: {point.name} cannot be used: {reason}")])
