"""The tick: tell every device its power target."""

from __future__ import annotations

from dataclasses import dataclass, field

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.device_gateway import DeviceGateway
from energy_manager.application.ports.journal import Journal, Noticed, TargetsSent
from energy_manager.application.ports.schedule_source import ScheduleReading, ScheduleSource
from energy_manager.application.ticking import Tick
from energy_manager.domain.dispatch import DispatchPolicy, usable_potentials
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTargets:
    """Read the schedule and the latest statuses, decide, command, record.

    Every device is told a target at every tick: 0 when the schedule is not known or does not name it. An entry of the
    schedule without a device counts as scheduled and able to deliver nothing, so the others carry it.
    """

    clock: Clock
    schedule: ScheduleSource
    devices: DeviceGateway
    policy: DispatchPolicy
    journal: Journal
    schedule_wait_s: float
    status_max_age_s: float
    _noticed: set[AssetId] = field(default_factory=set, init=False)

    def __call__(self, tick: Tick) -> None:
        reading = self.schedule.read(wait_s=self.schedule_wait_s)
        scheduled = reading.targets or {}
        potentials = usable_potentials(
            self.devices.statuses(), now_s=self.clock.now_s(), max_age_s=self.status_max_age_s
        )
        dispatch = self.policy.dispatch(scheduled, potentials)
        targets = {asset_id: dispatch.targets.get(asset_id, 0) for asset_id in self.devices.asset_ids}
        self.devices.command(targets, due_s=tick.due_s)
        self.journal.record(
            TargetsSent(
                tick=tick.number,
                due_s=tick.due_s,
                lag_s=tick.lag_s,
                scheduled=scheduled,
                potentials=potentials,
                dispatch=dispatch,
                targets=targets,
                schedule_fault=reading.fault,
            )
        )
        self._notice_oddities(reading)

    def _notice_oddities(self, reading: ScheduleReading) -> None:
        scheduled = reading.targets or {}
        for asset_id in scheduled.keys() - dict.fromkeys(self.devices.asset_ids) - self._noticed:
            self._notice(asset_id, f"{asset_id!r} is scheduled but there is no such device: the others carry its share")
        for asset_id in set(reading.unreadable) - self._noticed:
            self._notice(asset_id, f"what is scheduled for {asset_id!r} is no finite number: it is told 0")

    def _notice(self, asset_id: AssetId, sentence: str) -> None:
        self._noticed.add(asset_id)
        self.journal.record(Noticed(is_good=False, sentence=sentence))
