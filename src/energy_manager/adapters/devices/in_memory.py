"""Devices that live in memory and answer at once, for tests and simulations on a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from energy_manager.adapters.devices.driver import Measurement
from energy_manager.adapters.devices.measurements import status_of
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.device_gateway import OVERDUE_SHARE, CallCounts, CallKind
from energy_manager.application.ports.status_repository import StatusRepository
from energy_manager.domain.dispatch import Taken
from energy_manager.domain.quantities import AssetId, whole_steps


class InMemoryDevices:
    """Devices that do as they are told and tell the potential they were given (any object: it is read as sent).

    Both are in power steps. ``measurements`` may say for a device how it is, in W and Wh, and ``statuses`` has what all
    of them said last.

    A device that hangs takes and tells nothing; once it is released, its newest target and read go out at once.
    """

    def __init__(
        self,
        potentials: Mapping[AssetId, object],
        *,
        clock: Clock,
        period_s: float = 2.0,
        watts_per_step: int = 1000,
        statuses: StatusRepository | None = None,
    ) -> None:
        self.statuses = InMemoryStatuses() if statuses is None else statuses
        self._watts_per_step = watts_per_step
        self.potentials = dict(potentials)
        self.targets: dict[AssetId, int | None] = {}
        self._taken: dict[AssetId, Taken] = {}
        self._due_s: dict[AssetId, float] = {}
        self._is_closed = False
        self.measurements: dict[AssetId, Callable[[], Measurement]] = {}
        self._clock = clock
        self._deadline_s = OVERDUE_SHARE * period_s
        self._answered_due_s = dict.fromkeys(self.potentials, float("-inf"))
        self._hanging: set[AssetId] = set()
        self._blocked_since_s: dict[AssetId, float] = {}
        self._waiting_targets: dict[AssetId, int | None] = {}
        self._waiting_reads: dict[AssetId, float] = {}
        self._calls = {(asset_id, kind): CallCounts() for asset_id in self.potentials for kind in CallKind}

    def hang(self, asset_id: AssetId) -> None:
        """From now on the device answers nothing."""
        self._hanging.add(asset_id)

    def release(self, asset_id: AssetId) -> None:
        """The device answers again."""
        self._hanging.discard(asset_id)
        self._blocked_since_s.pop(asset_id, None)
        if asset_id in self._waiting_targets:
            self._take(asset_id, self._waiting_targets.pop(asset_id))
        if asset_id in self._waiting_reads:
            self._answer(asset_id, self._waiting_reads.pop(asset_id))

    @property
    def asset_ids(self) -> tuple[AssetId, ...]:
        """The devices in the order given."""
        return tuple(self.potentials)

    def command(self, targets: Mapping[AssetId, int | None], *, due_s: float) -> None:
        """Each device takes its target now, or keeps the newest waiting while it hangs."""
        if self._is_closed:
            return
        for asset_id, target in targets.items():
            self._due_s[asset_id] = due_s
            if asset_id in self._hanging:
                self._blocked_since_s.setdefault(asset_id, due_s)
                self._count(asset_id, CallKind.TARGET, superseded=asset_id in self._waiting_targets)
                self._waiting_targets[asset_id] = target
            else:
                self._take(asset_id, target)

    def taken(self) -> dict[AssetId, Taken]:
        """The newest target that each device has taken."""
        return dict(self._taken)

    def let_go(self, asset_ids: Iterable[AssetId], *, due_s: float) -> None:
        """Devices that do not hang are released; nobody takes anything afterwards."""
        self._is_closed = False
        self.command(dict.fromkeys(asset_ids), due_s=due_s)
        self._is_closed = True

    def request_statuses(self, *, due_s: float, asset_ids: Iterable[AssetId] | None = None) -> None:
        """Each device that is asked answers now, or when it is released."""
        for asset_id in self.potentials if asset_ids is None else asset_ids:
            if asset_id in self._hanging:
                self._count(asset_id, CallKind.STATUS, superseded=asset_id in self._waiting_reads)
                self._waiting_reads[asset_id] = due_s
            else:
                self._answer(asset_id, due_s)

    def _take(self, asset_id: AssetId, target: int | None) -> None:
        self.targets[asset_id] = target
        self._taken[asset_id] = Taken(target=target, due_s=self._due_s[asset_id])
        self._count(asset_id, CallKind.TARGET, ok=1)

    def _answer(self, asset_id: AssetId, due_s: float) -> None:
        self._count(asset_id, CallKind.STATUS, ok=1)
        measure = self.measurements.get(asset_id)
        measurement = self._obedient(asset_id) if measure is None else measure()
        status = status_of(measurement, watts_per_step=self._watts_per_step, began_s=self._clock.now_s())
        self.statuses.put(asset_id, status)
        self._answered_due_s[asset_id] = due_s

    def _obedient(self, asset_id: AssetId) -> Measurement:
        """A device that does what it was told, and could do what it was given."""
        told, potential = self.targets.get(asset_id) or 0, whole_steps(self.potentials[asset_id])
        return Measurement(
            power_w=told * self._watts_per_step,
            highest_w=None if potential is None else potential * self._watts_per_step,
        )

    def awaiting_status(self, due_s: float) -> bool:
        """Whether some device has yet to answer the request of that grid point."""
        return any(answered_s < due_s for answered_s in self._answered_due_s.values())

    def overdue(self, now_s: float) -> dict[AssetId, float]:
        """The devices that have hung for more than 0.9 of the period."""
        late_s = {asset_id: now_s - since_s for asset_id, since_s in self._blocked_since_s.items()}
        return {asset_id: late for asset_id, late in late_s.items() if late > self._deadline_s}

    def failing(self) -> set[AssetId]:
        """None: devices in memory hang but do not fail."""
        return set()

    def calls(self) -> dict[tuple[AssetId, CallKind], CallCounts]:
        """All that were answered, and those that were replaced while a device hung."""
        return dict(self._calls)

    def _count(self, asset_id: AssetId, kind: CallKind, *, ok: int = 0, superseded: int = 0) -> None:
        before = self._calls[asset_id, kind]
        self._calls[asset_id, kind] = CallCounts(ok=before.ok + ok, superseded=before.superseded + superseded)

    def failed_calls(self) -> int:
        """None: devices in memory hang but do not fail."""
        return 0
