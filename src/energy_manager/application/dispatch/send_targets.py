"""The tick: tell every device its power target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from energy_manager.application.dispatch.hold_grid_limit import HoldGridLimit
from energy_manager.application.dispatch.keep_control import KeepControl
from energy_manager.application.dispatch.notice_deliveries import NoticeDeliveries
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import NO_MODES, DeviceGateway
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleSource
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import (
    AssetStatus,
    DispatchPolicy,
    OfStatuses,
    counts_as,
    decide,
    lowest_of,
    usable_potentials,
)
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Overridden, Override, overridden
from energy_manager.domain.site import Asset, Assumed, Bounds
from energy_manager.domain.storage_value.told_mode import mode_of_power


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTargets:
    """Read the schedule and the latest statuses, decide, command, record.

    Every device is told a target at every tick: what ``unscheduled`` has for it when the schedule does not name it,
    what ``fallbacks`` has when the schedule is not known or nothing can be decided. Both name only assets for which
    that is not 0; None = the asset is released and runs by itself. Those that ``rest`` now are told 0 in place of what
    ``unscheduled`` has. An entry of the schedule without a device counts as
    scheduled and able to deliver nothing, so the others carry it. Where there is a grid limit to hold, its storage gets
    its target first, and the policy shares out the rest. Above all of that stand the limits of the assets themselves:
    no target crosses them; what they allow from tick to tick begins with what the device delivers: what it counts as,
    the last target that it took, or else what it measured last.

    Told is not delivered: an asset that disobeys counts as what it measures, and one that cannot be reached as what
    ``unreachable`` has for it (what it measured last, or a power in steps; not named: nothing, and it is told that).
    With less than ``least`` has for it, in steps, an asset takes no power at all: so it is given none of what others
    deliver too much. ``in_force`` has what people have set by hand (``domain.schedule.overrides``), and never waits.

    ``time_of`` makes a time of day of a monotonic one; ``policy_name`` and ``power_unit`` are for the record.
    """

    clock: Clock
    schedule: ScheduleSource
    devices: DeviceGateway
    statuses: StatusRepository
    policy: DispatchPolicy
    policy_name: str
    power_unit: str
    journal: Journal
    time_of: Callable[[float], datetime]
    schedule_wait_s: float
    status_max_age_s: float
    told: tuple[AssetId, ...]
    hold_grid_limit: HoldGridLimit | None = None
    limited: tuple[Asset, ...] = ()
    unreachable: Mapping[AssetId, Assumed] = field(default_factory=dict)
    least: Mapping[AssetId, int] = field(default_factory=dict)
    unscheduled: Mapping[AssetId, int | None] = field(default_factory=dict)
    rest: Callable[[], AbstractSet[AssetId]] = frozenset
    fallbacks: Mapping[AssetId, int | None] = field(default_factory=dict)
    control: KeepControl | None = None
    in_force: Callable[[datetime], Mapping[AssetId, Override]] = lambda _: {}
    _noticed: set[AssetId] = field(default_factory=set, init=False)
    _deliveries: NoticeDeliveries = field(default_factory=NoticeDeliveries, init=False)

    def __call__(self, tick: TickStart) -> None:
        reading = self.schedule.read(wait_s=self.schedule_wait_s)
        at = self.time_of(tick.due_s)
        said = self._overridden(self._without_strangers(reading.targets or {}), reading.decided_by, at)
        scheduled = said.scheduled
        statuses, now_s = self.statuses.latest(), self.clock.now_s()
        potentials = usable_potentials(statuses, now_s=now_s, max_age_s=self.status_max_age_s)
        hold = None
        if self.hold_grid_limit is not None:
            hold = self.hold_grid_limit(scheduled, statuses, now_s=now_s, at=at, decided_by=said.decided_by)
        held = ({} if hold is None else {hold.storage: hold.target}) | said.pinned
        counted = counts_as(statuses, potentials, self.devices.disobeying(now_s), self.unreachable)
        bounds = self._bounds(counted, statuses)
        unscheduled = self.fallbacks if reading.fault else self._unscheduled()
        lowest = lowest_of(statuses, potentials) if counted else {}
        least = self.least if counted else {}
        dispatch = decide(
            self.policy,
            scheduled,
            potentials,
            held,
            bounds,
            unscheduled=unscheduled,
            counted=counted,
            lowest=lowest,
            least=least,
        )
        targets = {asset_id: dispatch.targets.get(asset_id, 0) for asset_id in self.told}
        untold = tuple(sorted(set(scheduled).difference(self.told)))
        of_no_device = {asset_id: dispatch.targets[asset_id] for asset_id in dispatch.targets.keys() - targets.keys()}
        hold = _as_told(hold, targets)
        modes = {hold.storage: hold.told_mode} if hold is not None and hold.told_mode else NO_MODES
        self._command(targets, due_s=tick.due_s, modes=modes)
        self.journal.record(
            Tick(
                number=tick.number,
                at=at,
                lag_s=tick.lag_s,
                power_unit=self.power_unit,
                scheduled=scheduled,
                decided_by=said.decided_by,
                potentials=potentials,
                status_ages_s=OfStatuses(statuses, lambda status: status.age_s(now_s)),
                targets={**targets, **of_no_device} if of_no_device else targets,
                policy=self.policy_name,
                shortfall=dispatch.shortfall,
                fault=reading.fault,
                hold=hold,
                bounds=bounds,
                unscheduled=unscheduled,
                counted=counted,
                lowest=lowest,
                least=least,
                untold=untold,
                unreadable=reading.unreadable,
                pinned=said.pinned,
                set_by_hand=said.because,
            )
        )
        self._notice_oddities(untold, reading.unreadable)
        for change in self._deliveries.after(counted, potentials, targets, power_unit=self.power_unit):
            self.journal.record(change)

    def _unscheduled(self) -> Mapping[AssetId, int | None]:
        """What holds now for assets that no schedule covers."""
        rest = self.rest()
        if rest.isdisjoint(self.unscheduled):
            return self.unscheduled
        return {asset_id: power for asset_id, power in self.unscheduled.items() if asset_id not in rest}

    def _overridden(self, scheduled: dict[AssetId, int], decided_by: Mapping[AssetId, str], at: datetime) -> Overridden:
        """The schedule with what people have set by hand."""
        in_force = self.in_force(at)
        if not in_force:
            return Overridden(scheduled=scheduled, decided_by=decided_by, pinned={}, because={})
        live = None if self.hold_grid_limit is None else self.hold_grid_limit.storage
        return overridden(scheduled, decided_by, in_force, limited_live=live)

    def _held_in_emergency(self, at: datetime) -> dict[AssetId, Override]:
        """The holds of an emergency; the only word of people that counts where nothing can be decided."""
        return {asset_id: override for asset_id, override in self.in_force(at).items() if override.is_hold}

    def _command(
        self, targets: dict[AssetId, int | None], *, due_s: float, modes: Mapping[AssetId, str] = NO_MODES
    ) -> None:
        """Who is told is on record as under control when that begins, and not only when it is done."""
        if self.control is not None:
            self.control.telling(targets, due_s=due_s)
        if modes:
            self.devices.command(targets, due_s=due_s, modes=modes)
        else:
            self.devices.command(targets, due_s=due_s)

    def _without_strangers(self, scheduled: dict[AssetId, int]) -> dict[AssetId, int]:
        """The schedule without assets that have left the site file and are being released: nobody carries for them."""
        strangers = frozenset[AssetId]() if self.control is None else self.control.strangers & scheduled.keys()
        if not strangers:
            return scheduled
        for asset_id in strangers - self._noticed:
            self._notice(asset_id, f"{asset_id!r} is scheduled but has left the site file: it takes no part")
        return {asset_id: power for asset_id, power in scheduled.items() if asset_id not in strangers}

    def _bounds(self, counted: Mapping[AssetId, int], statuses: Mapping[AssetId, AssetStatus]) -> dict[AssetId, Bounds]:
        """What each limited asset may be told now, after what it delivers."""
        taken = self.devices.taken() if any(asset.ramp is not None for asset in self.limited) else {}

        def delivers(asset: Asset) -> int:
            if asset.id in counted:
                return counted[asset.id]
            target = taken[asset.id].target if asset.id in taken else None
            if target is None and asset.id in statuses:
                target = statuses[asset.id].output
            return target or 0

        return {asset.id: asset.bounds(delivers(asset)) for asset in self.limited}

    def tell_fallbacks(self, tick: TickStart, *, failure: str) -> None:
        """Tell every device its fallback, 0 unless it has another, whatever schedule and limits say; record why.

        Who is held in an emergency keeps that target.
        """
        at = self.time_of(tick.due_s)
        holds = self._held_in_emergency(at)
        fallbacks = self.fallbacks
        if holds:
            fallbacks = {**fallbacks, **{asset_id: hold.target for asset_id, hold in holds.items()}}
        targets = {asset_id: fallbacks.get(asset_id, 0) for asset_id in self.told}
        self._command(targets, due_s=tick.due_s)
        self.journal.record(
            Tick(
                number=tick.number,
                at=at,
                lag_s=tick.lag_s,
                power_unit=self.power_unit,
                scheduled={},
                potentials={},
                targets=targets,
                policy=self.policy_name,
                shortfall=0,
                failure=failure,
                unscheduled=fallbacks,
                set_by_hand={asset_id: hold.because for asset_id, hold in holds.items()},
            )
        )

    def _notice_oddities(self, untold: tuple[AssetId, ...], unreadable: tuple[AssetId, ...]) -> None:
        for asset_id in set(untold) - set(self.devices.asset_ids) - self._noticed:
            self._notice(asset_id, f"{asset_id!r} is scheduled but there is no such device: the others carry its share")
        for asset_id in set(unreadable) - self._noticed:
            self._notice(asset_id, f"what is scheduled for {asset_id!r} is no finite number: it is told 0")

    def _notice(self, asset_id: AssetId, sentence: str) -> None:
        self._noticed.add(asset_id)
        self.journal.record(Noticed(is_good=False, sentence=sentence))


def _as_told(hold: GridHold | None, targets: Mapping[AssetId, int | None]) -> GridHold | None:
    """The hold with the mode that is told where something stronger has changed the target: limits, or a person."""
    if hold is None or not hold.told_mode or targets.get(hold.storage) == hold.target:
        return hold
    target = targets.get(hold.storage)
    return replace(hold, told_mode="" if target is None else mode_of_power(target))
