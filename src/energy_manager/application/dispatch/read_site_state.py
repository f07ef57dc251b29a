"""Beside the loop: how the site stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from energy_manager.application.dispatch.hold_grid_limit import RELEASED, HoldGridLimit
from energy_manager.application.dispatch.site_view import AssetView, PccView, SiteView, TickView
from energy_manager.application.dispatch.statistics import TickStatistics
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import DeviceGateway
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.records.kept_fields import told_of
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import AssetStatus, asset_state
from energy_manager.domain.quantities import AssetId

GRID_LIMIT = "grid_limit"
"""Decides the target of a storage that is kept from its schedule by the grid connection's limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSiteState:
    """Put the newest tick and the devices' last words together, in whichever thread asks; the loop does nothing for it.

    ``newest`` knows the newest tick, ``kinds`` what each asset is.
    """

    newest: Callable[[], Tick | None]
    devices: DeviceGateway
    statuses: StatusRepository
    statistics: TickStatistics
    clock: Clock
    status_max_age_s: float
    hold_grid_limit: HoldGridLimit | None
    kinds: Mapping[AssetId, str] = field(default_factory=dict)

    def __call__(self) -> SiteView:
        """The site now: first its devices, then what is scheduled without a device."""
        sent, statuses = self.newest(), self.statuses.latest()
        return SiteView(
            tick=None if sent is None else self._tick(sent),
            assets=tuple(self._assets(sent, statuses)),
            shortfall=0 if sent is None else sent.shortfall,
            schedule_fault="" if sent is None else sent.fault,
            failure="" if sent is None else sent.failure,
            pcc=None if self.hold_grid_limit is None else self._pcc(self.hold_grid_limit, sent, statuses),
        )

    def _tick(self, sent: Tick) -> TickView:
        return TickView(number=sent.number, at=sent.at, lag_s=sent.lag_s, skipped=self.statistics.skipped)

    def _assets(self, sent: Tick | None, statuses: Mapping[AssetId, AssetStatus]) -> Iterator[AssetView]:
        now_s = self.clock.now_s()
        overdue, failing, absent = self.devices.overdue(now_s), self.devices.failing(), self.devices.absent()
        disobeying, troubles = self.devices.disobeying(now_s), self.devices.troubles()
        devices = dict.fromkeys(self.devices.asset_ids)
        scheduled = {} if sent is None else sent.scheduled
        for asset_id in (*devices, *_of_no_device(scheduled, devices)):
            status = statuses.get(asset_id)
            believed = _believed(status, now_s, self.status_max_age_s)
            yield AssetView(
                id=asset_id,
                scheduled=scheduled.get(asset_id),
                target=None if sent is None else _target(sent, asset_id, has_device=asset_id in devices),
                output=None if believed is None else believed.output,
                output_w=None if believed is None else believed.output_w,
                potential=None if believed is None else believed.potential,
                lowest=None if believed is None else believed.lowest,
                highest=None if believed is None else believed.highest,
                stored_wh=None if believed is None else believed.stored_wh,
                status_age_s=None if status is None else max(0.0, status.age_s(now_s)),
                state=asset_state(
                    status,
                    is_overdue=asset_id in overdue,
                    is_failing=asset_id in failing,
                    is_away=asset_id in absent,
                    disobeys=asset_id in disobeying,
                    now_s=now_s,
                    max_age_s=self.status_max_age_s,
                ),
                decided_by=_decider(sent, asset_id),
                is_released=sent is not None and sent.is_released(asset_id),
                kind=self.kinds.get(asset_id, ""),
                reason="" if sent is None else _reason(sent, asset_id),
                trouble=troubles.get(asset_id, ""),
                more={} if sent is None else {of.name: said for of, said in told_of(sent, asset_id) if of.on_page},
            )

    def _pcc(self, hold_limit: HoldGridLimit, sent: Tick | None, statuses: Mapping[AssetId, AssetStatus]) -> PccView:
        hold = None if sent is None else sent.hold
        now_s = self.clock.now_s()
        storage = _believed(statuses.get(hold_limit.storage), now_s, self.status_max_age_s)
        is_measured = _believed(statuses.get(hold_limit.meter), now_s, self.status_max_age_s) is not None
        return PccView(
            meter=hold_limit.meter,
            storage=hold_limit.storage,
            import_kw=hold.import_kw if hold is not None and is_measured else None,
            import_limit_kw=hold_limit.settings.import_limit_kw,
            export_limit_kw=hold_limit.settings.export_limit_kw,
            stored_kwh=None if storage is None or storage.stored_wh is None else storage.stored_wh / 1000,
            capacity_kwh=hold_limit.settings.capacity_kwh,
            reason="schedule" if hold is None else hold.reason,
        )


def _believed(status: AssetStatus | None, now_s: float, max_age_s: float) -> AssetStatus | None:
    """Stale is absent: what is too old to be believed is not told, or it would be taken for what is now."""
    return None if status is None or status.age_s(now_s) > max_age_s else status


def _of_no_device(powers: Mapping[AssetId, int], devices: Mapping[AssetId, None]) -> dict[AssetId, int]:
    return {asset_id: power for asset_id, power in powers.items() if asset_id not in devices}


def _target(sent: Tick, asset_id: AssetId, *, has_device: bool) -> int | None:
    """What was told, and of an asset without a device what was decided; None for a device that takes no targets."""
    return sent.told(asset_id) if has_device else sent.targets.get(asset_id)


def _decider(sent: Tick | None, asset_id: AssetId) -> str:
    if sent is None:
        return ""
    hold = sent.hold
    if hold is not None and hold.storage == asset_id and hold.reason not in {"schedule", RELEASED}:
        return GRID_LIMIT
    return sent.decided_by.get(asset_id, "")


def _reason(sent: Tick, asset_id: AssetId) -> str:
    """Why it was told its target, in a few words: what a list has room for."""
    if sent.failure:
        return "nothing could be decided"
    if asset_id in sent.set_by_hand:
        return sent.set_by_hand[asset_id]
    target, scheduled = sent.targets.get(asset_id), sent.scheduled.get(asset_id)
    hold = sent.hold
    if hold is not None and hold.storage == asset_id and hold.reason not in {"schedule", RELEASED}:
        return hold.reason
    if scheduled is None:
        return "released" if sent.is_released(asset_id) else "not scheduled"
    if target is None or target == scheduled:
        return "as scheduled"
    return "carries for others" if target > scheduled else "cannot deliver all, or its limits"
