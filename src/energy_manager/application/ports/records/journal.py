"""What happened, handed over as finished values; who keeps or shows it is not the loop's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusesAsked:
    """A round of status reads was started."""

    round: int
    due_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusesRead:
    """A round's reads are in, or its time to answer is over: the last good statuses of all devices at ``at_s``.

    A device whose last good status is older than may be believed, or that never gave one, is left out.
    """

    at_s: float
    asset_ids: tuple[AssetId, ...]
    statuses: Mapping[AssetId, AssetStatus]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicksSkipped:
    """The process was held up for so long that ticks could not be run."""

    what: str
    count: int
    late_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """A device began or ceased to fail or to be late; ``sentence`` says it without the device's name."""

    asset_id: AssetId
    is_good: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something an operator should know once; ``is_good`` when it is the end of a trouble."""

    is_good: bool
    sentence: str


Event: TypeAlias = Tick | StatusesAsked | StatusesRead | TicksSkipped | DeviceChanged | Noticed


class Journal(Protocol):
    """Takes events without ever waiting; may drop and count what it cannot hold."""

    def record(self, event: Event) -> None:
        """Take the event; returns at once and never raises."""
        ...
