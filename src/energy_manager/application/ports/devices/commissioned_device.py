"""A device that is being put into operation: read for people, and told by hand."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.commissioning import Inspection


class CommissionedDevice(Protocol):
    """Blocking calls that may hang or raise anything; calls of one kind never overlap, a read and a write may."""

    @property
    def publishes(self) -> bool:
        """Whether it speaks when it likes, so that what is missing may still come."""
        ...

    def inspect(self) -> Inspection:
        """Ask the device for everything it is read for; changes nothing in it."""
        ...

    def tell(self, setpoint_w: float | None) -> None:
        """Tell it the power that it is to deliver (+) or take (−), in W; None releases it."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...
