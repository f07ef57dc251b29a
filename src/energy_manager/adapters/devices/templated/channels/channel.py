"""What a device needs of its link, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.devices.templated.channels.decoding import PointValue
from energy_manager.adapters.devices.templated.control.values import Written
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep
from energy_manager.adapters.lanes.steps import Steps, at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The points that were read, and whether a begin step reads back as something else.

    ``serial`` is the identity that was read with them, None where none was asked for or the device says none.
    """

    points: Mapping[str, PointValue]
    is_mode_lost: bool = False
    serial: str | None = None


class Session(Protocol):
    """The link, while it is this device's to write."""

    def connecting(self) -> Steps[int]:
        """Which connection there is; what was known of the device belongs to the last one.

        Raises:
            LinkError: there is none.
        """
        ...

    def identifying(self, point: ReadPoint) -> Steps[str | None]:
        """What tells the device from others, as a text.

        Raises:
            LinkError: it cannot be read.
        """
        ...

    def performing(self, step: WriteStep, value: Written) -> Steps[None]:
        """Make one write.

        Raises:
            LinkError: it is not acknowledged.
        """
        ...

    def end(self) -> None:
        """Let others have the link."""
        ...


class Channel(ABC):
    """A device's points and writes on its link, in steps; a read and a write may overlap, two of a kind never."""

    publishes: bool
    """Whether it speaks when it likes: what has not been heard yet may still come."""
    link: object
    """The link, one object for all the devices behind it."""

    def __init__(self, users: Users) -> None:
        """Use the link from now on, as one of its users."""
        self._users = users
        users.join()

    @property
    @abstractmethod
    def peer(self) -> str:
        """The device, as the operator writes it."""

    @property
    @abstractmethod
    def connection(self) -> int:
        """The number of the last connection; another one means that the device is begun again."""

    @property
    @abstractmethod
    def rests_for_s(self) -> float:
        """For how long it is left alone still, since it failed; 0 = it may be asked."""

    @abstractmethod
    def reading(
        self, points: Mapping[str, ReadPoint], *, read_back: Collection[WriteStep], serial: ReadPoint | None
    ) -> Steps[Snapshot]:
        """Read these points, in as few requests as may be; and with them who says so, where ``serial`` says its place.

        Raises:
            LinkError: the device does not answer; a single missing point is no error.
        """

    @abstractmethod
    def lacks(self, step: WriteStep) -> bool:
        """Whether the device is known to have no place for this write.

        Raises:
            LinkError: it takes the device to know, and it does not answer.
        """

    def close(self) -> None:
        """Use the link no more."""
        self._users.leave()

    @abstractmethod
    def writing(self) -> Steps[Session]:
        """Wait for the link and keep it for a sequence of writes, until the session's ``end``.

        Raises:
            LinkError: it is not to be had; nothing was sent.
        """


class DirectChannel(Channel, Session):
    """A channel on a link that nobody has to himself for a sequence of writes: it is its own session."""

    def lacks(self, step: WriteStep) -> bool:  # noqa: ARG002 - nothing says so
        return False

    def writing(self) -> Steps[Session]:
        return at_once(self)

    def connecting(self) -> Steps[int]:
        return at_once(self.connection)

    def end(self) -> None:
        pass
