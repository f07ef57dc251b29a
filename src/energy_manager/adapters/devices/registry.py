"""The drivers there are: those built in, one line each, and those that other packages bring.

Another package brings a driver as an entry point of the group ``energy_manager.drivers``, whose name is the driver's
and whose value is its ``DriverType`` (or ``ConnectionType``).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from energy_manager.adapters.devices.driver import AnyConnectionType, AnyDriverType, ConnectionType, DriverType
from energy_manager.adapters.devices.ocpp.driver import OCPP, OCPP_LISTENER
from energy_manager.adapters.devices.shared_module import SHARED
from energy_manager.adapters.devices.simulated.appliance import SIMULATED_APPLIANCE
from energy_manager.adapters.devices.simulated.meter import SIMULATED_METER
from energy_manager.adapters.devices.simulated.storage import SIMULATED_STORAGE
from energy_manager.adapters.devices.templated.connections import HTTP, MODBUS, MQTT
from energy_manager.adapters.devices.templated.driver import DEVICE
from energy_manager.adapters.failures import describe_failure
from energy_manager.domain.errors import Fault, Refused

BUILT_IN: tuple[AnyDriverType | AnyConnectionType, ...] = (
    SHARED,
    SIMULATED_STORAGE,
    SIMULATED_METER,
    SIMULATED_APPLIANCE,
    DEVICE,
    MODBUS,
    MQTT,
    HTTP,
    OCPP,
    OCPP_LISTENER,
)

GROUP = "energy_manager.drivers"


class Registry:
    """The drivers and types of connections as they are found now; what comes from elsewhere is loaded when it is used.

    What is built in goes before an entry point of the same name.
    """

    def __init__(self) -> None:
        self._types: dict[str, AnyDriverType] = {}
        self._connections: dict[str, AnyConnectionType] = {}
        self._elsewhere: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=GROUP)}
        for built_in in BUILT_IN:
            self._add(built_in)
            self._elsewhere.pop(built_in.name, None)

    def _add(self, found: AnyDriverType | AnyConnectionType) -> None:
        if isinstance(found, DriverType):
            self._types[found.name] = found
        else:
            self._connections[found.name] = found

    def driver(self, name: str) -> AnyDriverType | None:
        """The driver of this name; None when there is none.

        Raises:
            Refused: another package brings it, and it cannot be loaded or is no driver.
        """
        self._load(name)
        return self._types.get(name)

    def connection(self, name: str) -> AnyConnectionType | None:
        """The type of connection of this name; None when there is none.

        Raises:
            Refused: as for ``driver``.
        """
        self._load(name)
        return self._connections.get(name)

    def drivers(self) -> Iterator[AnyDriverType]:
        """All drivers that can be loaded, by name."""
        self._load_all()
        yield from (self._types[name] for name in sorted(self._types))

    def connections(self) -> Iterator[AnyConnectionType]:
        """All types of connections that can be loaded, by name."""
        self._load_all()
        yield from (self._connections[name] for name in sorted(self._connections))

    def _load_all(self) -> None:
        for name in list(self._elsewhere):
            try:
                self._load(name)
            except Refused:
                continue

    def _load(self, name: str) -> None:
        point = self._elsewhere.get(name)
        if point is None:
            return
        try:
            found = point.load()
        except BaseException as error:  # noqa: BLE001 - a package from elsewhere may fail in any way
            raise _unusable(point, describe_failure(error)) from None
        if not isinstance(found, DriverType | ConnectionType):
            raise _unusable(point, f"{point.value} is no DriverType but {type(found).__name__}")
        if found.name != name:
            raise _unusable(point, f"{point.value} is the driver {found.name!r}")
        del self._elsewhere[name]
        self._add(found)


def _unusable(point: EntryPoint, reason: str) -> Refused:
    return Refused([Fault(field=point.name, message=f"the entry point {GROUP}: {point.name} cannot be used: {reason}")])
