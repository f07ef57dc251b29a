"""Beside the loop: say when a round of statuses is in, and which devices are overdue."""

from __future__ import annotations

from dataclasses import dataclass, field

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import OVERDUE_SHARE, DeviceGateway
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.records.journal import DeviceChanged, Journal, StatusesRead
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.quantities import AssetId

STATUS_ROUND_S = 1.0
"""How long a round of statuses is waited for before it is reported as it stands."""


@dataclass(slots=True, kw_only=True)
class WatchDevices:
    """Looks a few times a second; records each change of state once."""

    clock: Clock
    devices: DeviceGateway
    statuses: StatusRepository
    journal: Journal
    status_max_age_s: float
    _overdue: set[AssetId] = field(default_factory=set, init=False)
    _targets: TickGrid | None = field(default=None, init=False)
    _rounds: TickGrid | None = field(default=None, init=False)
    _checked_tick: int = field(default=-1, init=False)
    _reported_round: int = field(default=-1, init=False)

    def follow(self, *, targets: TickGrid, statuses: TickGrid) -> None:
        """From now on watch what is told and asked on these grids."""
        self._targets, self._rounds = targets, statuses

    @property
    def has_seen_a_round(self) -> bool:
        """Whether a round of statuses has come to its end, whoever answered in it."""
        return self._reported_round >= 0

    def look(self) -> None:
        """Record what has changed since the last look."""
        if self._targets is None or self._rounds is None:
            return
        now_s = self.clock.now_s()
        tick = self._targets.newest_tick(now_s - OVERDUE_SHARE * self._targets.period_s)
        if tick > self._checked_tick:
            self._checked_tick = tick
            self._record_overdue(now_s)
        status_round = self._rounds.newest_tick(now_s)
        if status_round > self._reported_round:
            due_s = self._rounds.instant_s(status_round)
            patience_s = min(STATUS_ROUND_S, OVERDUE_SHARE * self._rounds.period_s)
            if now_s >= due_s + patience_s or not self.devices.awaiting_status(due_s):
                self._reported_round = status_round
                self._record_statuses(now_s)

    def _record_overdue(self, now_s: float) -> None:
        overdue = self.devices.overdue(now_s)
        for asset_id, late_s in overdue.items():
            if asset_id not in self._overdue:
                sentence = f"overdue: a call has not returned {late_s:.1f} s after it was due"
                self.journal.record(DeviceChanged(asset_id=asset_id, is_good=False, sentence=sentence))
        for asset_id in sorted(self._overdue - overdue.keys()):
            self.journal.record(DeviceChanged(asset_id=asset_id, is_good=True, sentence="answers in time again"))
        self._overdue = set(overdue)

    def _record_statuses(self, now_s: float) -> None:
        fresh = {
            asset_id: status
            for asset_id, status in self.statuses.latest().items()
            if status.age_s(now_s) <= self.status_max_age_s
        }
        self.journal.record(StatusesRead(at_s=now_s, asset_ids=self.devices.asset_ids, statuses=fresh))
