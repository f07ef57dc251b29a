"""What a driver of one device must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device said about itself, not yet believed: numbers, or anything else.

    Output and potential are in the site's power unit; see ``DeviceStatus`` for the measurements.
    """

    output: object
    potential: object
    measured_kw: object = None
    stored_kwh: object = None


class DeviceDriver(Protocol):
    """Blocking calls to one device; they may take for ever, raise anything and return nonsense.

    Calls of the same kind never overlap; a target and a status read may.
    """

    def set_power_target(self, target: int) -> None:
        """Tell the device its target in whole power steps, positive = production."""
        ...

    def read(self) -> Reading:
        """Ask the device for its output and potential."""
        ...
