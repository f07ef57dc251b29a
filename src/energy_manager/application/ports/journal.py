"""What happened, handed over as finished values; who keeps or shows it is not the loop's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from energy_manager.domain.dispatch import Bounds, DeviceStatus, Dispatch
from energy_manager.domain.peak_shaving.grid_limit import GridLimitDecision
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class GridHold:
    """What the storage is told for the sake of the grid limits, in power steps (positive = discharging), and why."""

    storage: AssetId
    target: int
    import_kw: float | None
    import_limit_kw: float
    export_limit_kw: float
    decision: GridLimitDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsSent:
    """One tick: what was scheduled, what was decided from which potentials, and how late the tick began.

    ``targets`` are what the devices were told: the dispatch's, and 0 for devices that the schedule does not name.
    ``hold`` is what the storage was told for the sake of the grid limit, where there is one.
    ``decided_by`` holds, by asset, the label of whose word its schedule is (``domain.schedule.Decider``).
    ``bounds`` are those that the limits of assets put on their targets, where there are any.
    ``schedule_fault`` says why the schedule was not known (then everybody was told 0), or is empty. ``untold`` names
    scheduled assets without a device to tell, ``unreadable`` those whose scheduled value was no number and stands as
    0. ``statuses`` are the last good ones at ``decided_at_s``, those too old to be believed included. ``failure`` says
    why nothing could be decided at all (then everybody was told 0), or is empty.
    """

    tick: int
    due_s: float
    lag_s: float
    scheduled: Mapping[AssetId, int]
    potentials: Mapping[AssetId, int]
    dispatch: Dispatch
    targets: Mapping[AssetId, int]
    schedule_fault: str
    decided_by: Mapping[AssetId, str] = field(default_factory=dict)
    untold: tuple[AssetId, ...] = ()
    unreadable: tuple[AssetId, ...] = ()
    statuses: Mapping[AssetId, DeviceStatus] = field(default_factory=dict)
    decided_at_s: float = 0.0
    failure: str = ""
    hold: GridHold | None = None
    bounds: Mapping[AssetId, Bounds] = field(default_factory=dict)


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
    statuses: Mapping[AssetId, DeviceStatus]


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


Event: TypeAlias = TargetsSent | StatusesAsked | StatusesRead | TicksSkipped | DeviceChanged | Noticed


class Journal(Protocol):
    """Takes events without ever waiting; may drop and count what it cannot hold."""

    def record(self, event: Event) -> None:
        """Take the event; returns at once and never raises."""
        ...
