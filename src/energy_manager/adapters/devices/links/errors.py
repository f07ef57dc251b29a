"""What can go wrong between here and a device, one class an outcome; each says what it means for the next request."""

from __future__ import annotations

from typing import ClassVar

from energy_manager.adapters.devices.driver import DeviceAbsent
from energy_manager.domain.errors import EnergyManagerError


class LinkError(EnergyManagerError):
    """A request to a device did not succeed."""

    code: ClassVar[str] = "link_failed"


class LinkDown(LinkError):
    """Nothing was sent: the connection cannot be made now, or was refused lately and rests."""

    code = "link_down"


class Away(LinkDown, DeviceAbsent):
    """Nothing was sent: it is known that the device, or the broker between, is not there."""

    code = "away"


class LinkBusy(LinkError):
    """Nothing was sent: others had the link for as long as the caller would wait."""

    code = "link_busy"


class UnitRests(LinkError):
    """Nothing was sent: the unit failed twice in a row and is left alone for a while."""

    code = "unit_rests"


class NoAnswer(LinkError):
    """The request was sent and no complete answer came in time; the device may or may not have carried it out."""

    code = "no_answer"


class ConnectionLost(LinkError):
    """The other side closed or reset the connection after the request; it may or may not have been carried out."""

    code = "connection_lost"


class MalformedAnswer(LinkError):
    """An answer came that is not the answer to this request."""

    code = "malformed_answer"


class DeviceRefused(LinkError):
    """The device, or the gateway before it, answered that it will not do this."""

    code = "device_refused"


class ModbusException(DeviceRefused):
    """A Modbus exception answer (MODBUS Application Protocol V1.1b3, section 7)."""

    MEANINGS: ClassVar[dict[int, str]] = {
        1: "illegal function",
        2: "illegal data address",
        3: "illegal data value",
        4: "device failure",
        5: "acknowledge",
        6: "device busy",
        8: "memory parity error",
        10: "gateway path unavailable",
        11: "gateway target failed to respond",
    }

    def __init__(self, exception_code: int) -> None:
        super().__init__(f"exception {exception_code}, {self.MEANINGS.get(exception_code, 'of no known meaning')}")
        self.exception_code = exception_code

    @property
    def is_address_error(self) -> bool:
        """Whether the device has no such registers (or not all of them)."""
        return self.exception_code == 2

    @property
    def is_from_gateway(self) -> bool:
        """Whether a gateway answered for a unit that did not."""
        return self.exception_code in {10, 11}
