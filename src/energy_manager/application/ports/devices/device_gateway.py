"""How the tick reaches the devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from energy_manager.domain.commissioning import PointReading
from energy_manager.domain.dispatch import Taken
from energy_manager.domain.quantities import AssetId

OVERDUE_SHARE = 0.9
"""The share of its period after which a device's call is overdue: late, but before the next tick comes."""


NO_MODES: Mapping[AssetId, str] = MappingProxyType({})
"""All devices are told their powers."""


class CallKind(StrEnum):
    """What a device is called for."""

    TARGET = "target"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """How the calls to one device for one purpose have ended since the start.

    ``superseded`` were replaced by newer ones before they began.
    """

    ok: int = 0
    failed: int = 0
    superseded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """The last call of a kind that failed: why, and when on the loop's clock; ``is_over``: the next one succeeded."""

    sentence: str
    at_s: float
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """How a device's words and its memory fare, counted since the start; None where its driver does not know that.

    ``implausible`` readings were not believed, ``missing`` values of its points were not there. ``writes`` went to
    registers that are stored, ``refused_writes`` did not because these bear no more, ``writes_left`` may go now.
    ``only_read_for`` says why it cannot be controlled; ``falls_back`` whether it runs by itself some time after it was
    told something last, and ``falls_back_after_s`` after which time, as far as that is known. For ``rests_for_s`` more
    it is left alone, since it failed; 0 = it is not. ``last_failures`` are those of its calls, by kind.
    """

    implausible: int = 0
    missing: int | None = None
    writes: int | None = None
    refused_writes: int | None = None
    writes_left: int | None = None
    only_read_for: str | None = None
    falls_back: bool | None = None
    falls_back_after_s: float | None = None
    rests_for_s: float | None = None
    last_failures: Mapping[CallKind, CallFailure] = field(default_factory=dict)


class DeviceGateway(Protocol):
    """Hands targets to devices and keeps their statuses in a repository; no device delays or fails a call here."""

    @property
    def asset_ids(self) -> tuple[AssetId, ...]:
        """The devices of the site, in the order of the site file."""
        ...

    def command(
        self, targets: Mapping[AssetId, int | None], *, due_s: float, modes: Mapping[AssetId, str] = NO_MODES
    ) -> None:
        """Leave each device its newest target, in whole power steps; None releases it: it runs by itself.

        ``modes`` are for devices that know no powers: what their target means (``storage_value.told_mode``).

        A target that its device has not begun to take is replaced; a call that is under way is never repeated.
        ``due_s`` is the grid point that the targets belong to; lateness counts from it.
        """
        ...

    def taken(self) -> Mapping[AssetId, Taken]:
        """The newest target that each device has taken, of those that ever took one."""
        ...

    def let_go(self, asset_ids: Iterable[AssetId], *, due_s: float) -> None:
        """From now on no call begins but these: each of the devices is released, as the last word that it hears.

        Returns at once; ``taken`` says which have taken it. A device that is being called is released when that call
        comes back.
        """
        ...

    def request_statuses(self, *, due_s: float, asset_ids: Iterable[AssetId] | None = None) -> None:
        """Ask these devices (None: all) for their status.

        What is still being read is not asked twice at once, until that read has hung for long: it is given up then and
        another one begins, up to three at once.
        """
        ...

    def awaiting_status(self, due_s: float) -> bool:
        """Whether some device has yet to answer the request of that grid point, well or badly."""
        ...

    def overdue(self, now_s: float) -> dict[AssetId, float]:
        """The devices that have held a call for more than 0.9 of its period, with the seconds since it was due."""
        ...

    def failing(self) -> set[AssetId]:
        """The devices whose last call that came back, of targets or of status reads, failed."""
        ...

    def absent(self) -> set[AssetId]:
        """Of these, the devices that are known not to be there, as they said or as their broker is away."""
        ...

    def disobeying(self, now_s: float) -> AbstractSet[AssetId]:
        """The devices whose targets do not arrive, or that do not do what they are told (``domain.dispatch``)."""
        ...

    def health(self) -> Mapping[AssetId, DeviceHealth]:
        """How the words and the memory of each device fare."""
        ...

    def troubles(self) -> Mapping[AssetId, str]:
        """Of the devices that are not there, or whose last call of some kind failed, the reason in a sentence."""
        ...

    def points(self, asset_id: AssetId) -> tuple[PointReading, ...]:
        """What the device said last, point by point; empty where its driver knows no points."""
        ...

    def calls(self) -> dict[tuple[AssetId, CallKind], CallCounts]:
        """How the calls to each device have ended so far."""
        ...

    def failed_calls(self) -> int:
        """How many calls devices have failed so far."""
        ...
