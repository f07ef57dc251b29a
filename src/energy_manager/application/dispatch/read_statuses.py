"""The status round: ask every device how it is."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.application.ports.devices.device_gateway import DeviceGateway
from energy_manager.application.ports.records.journal import Journal, StatusesAsked
from energy_manager.application.ticking import TickStart


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatuses:
    """Ask all devices at once; their answers are collected by the gateway as they come."""

    devices: DeviceGateway
    journal: Journal

    def __call__(self, tick: TickStart) -> None:
        self.devices.request_statuses(due_s=tick.due_s)
        self.journal.record(StatusesAsked(round=tick.number, due_s=tick.due_s))
