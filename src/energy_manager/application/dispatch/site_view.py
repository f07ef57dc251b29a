"""A site at one moment, for whoever looks at it; powers in whole power steps, positive = production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class TickView:
    """The newest tick: its number, the time of day of its grid point (UTC), how late its work began, in seconds.

    ``skipped`` ticks were given up since the start.
    """

    number: int
    at: datetime
    lag_s: float
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetView:
    """One asset: what the newest tick decided for it, and the last good word of its device.

    ``scheduled`` is None where no schedule speaks for it. ``target`` is None for what takes none, such as a meter,
    before the first tick, and while the asset is released: it runs by itself then. What the status says is None without
    a good one young enough to be believed, and where it is not known; ``status_age_s`` says how old the last is.
    ``output`` is signed, − = the asset takes power, and ``output_w`` the same in W; ``lowest`` and ``highest`` are the
    range that it could be told, ``potential`` what it counts as able to deliver. ``decided_by`` is the label of whose
    word the target is (``domain.schedule.Decider``), ``GRID_LIMIT``, or empty when nobody speaks for the asset;
    ``reason`` says in a few words why. ``trouble`` says why its device is not there or fails, or is empty. ``more`` is
    what else is shown beside the asset.
    """

    id: AssetId
    scheduled: int | None
    target: int | None
    output: int | None
    output_w: float | None
    potential: int | None
    lowest: int | None
    highest: int | None
    stored_wh: float | None
    status_age_s: float | None
    state: AssetState
    decided_by: str
    is_released: bool = False
    kind: str = ""
    reason: str = ""
    trouble: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PccView:
    """The point of common coupling at the newest tick; what is not known is None.

    ``reason`` says what decided the storage's target, ``schedule`` when nothing had to be done about it.
    """

    meter: AssetId
    storage: AssetId
    import_kw: float | None
    import_limit_kw: float
    export_limit_kw: float
    stored_kwh: float | None
    capacity_kwh: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The whole site; ``tick`` is None before the first, ``pcc`` where no grid limit is held.

    ``schedule_fault`` says why the schedule is not known, ``failure`` why the newest tick could not be decided and all
    devices were told 0; or they are empty.
    """

    tick: TickView | None
    assets: tuple[AssetView, ...]
    shortfall: int
    schedule_fault: str
    failure: str
    pcc: PccView | None

    @property
    def scheduled_total(self) -> int:
        """What all assets together are meant to deliver."""
        return sum(asset.scheduled or 0 for asset in self.assets)

    @property
    def target_total(self) -> int:
        """What all assets together are told to deliver."""
        return sum(asset.target or 0 for asset in self.assets)
