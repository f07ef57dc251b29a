"""Devices that live in memory and answer at once, on a fake clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from energy_manager.adapters.devices.driver import ImplausibleReading, Measurement
from energy_manager.adapters.devices.measurements import status_of
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import (
    NO_MODES,
    OVERDUE_SHARE,
    CallCounts,
    CallKind,
    DeviceHealth,
)
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.domain.commissioning import PointReading
from energy_manager.domain.dispatch import OBEYS, Taken
from energy_manager.domain.dispatch.obedience import REFUSALS
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Asset


class InMemoryDevices:
    """Devices that do as they are told and tell the potential they were given (any object: it is read as sent).

    Both are in power steps. ``measurements`` may say for a device how it is, in W and Wh, and ``statuses`` has what all
    of them said last. ``assets`` say what is tolerated and plausible of them. A device that refuses takes no targets.

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
        assets: Iterable[Asset] = (),
    ) -> None:
        self._period_s = period_s
        self._assets = {asset_id: Asset(id=asset_id) for asset_id in potentials}
        self._assets.update({asset.id: asset for asset in assets})
        self._obedience = dict.fromkeys(potentials, OBEYS)
        self._refusing: set[AssetId] = set()
        self._refusals = dict.fromkeys(potentials, 0)
        self._implausible = dict.fromkeys(potentials, 0)
        self._failing: set[AssetId] = set()
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

    def refuse(self, asset_id: AssetId) -> None:
        """From now on the device takes no targets, and says so."""
        self._refusing.add(asset_id)

    def give_in(self, asset_id: AssetId) -> None:
        """The device takes targets again."""
        self._refusing.discard(asset_id)

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

    def command(
        self,
        targets: Mapping[AssetId, int | None],
        *,
        due_s: float,
        modes: Mapping[AssetId, str] = NO_MODES,
    ) -> None:
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
        if asset_id in self._refusing:
            self._refusals[asset_id] += target is not None
            self._count(asset_id, CallKind.TARGET, failed=1)
            return
        self._refusals[asset_id] = 0
        self.targets[asset_id] = target
        self._taken[asset_id] = Taken(target=target, due_s=self._due_s[asset_id])
        self._count(asset_id, CallKind.TARGET, ok=1)

    def _answer(self, asset_id: AssetId, due_s: float) -> None:
        self._answered_due_s[asset_id] = due_s
        measure = self.measurements.get(asset_id)
        measurement = self._obedient(asset_id) if measure is None else measure()
        asset = self._assets[asset_id]
        try:
            status = status_of(
                measurement,
                watts_per_step=self._watts_per_step,
                began_s=self._clock.now_s(),
                plausible=asset.plausible_powers(self._watts_per_step),
            )
        except ImplausibleReading:
            self._implausible[asset_id] += 1
            self._failing.add(asset_id)
            self._count(asset_id, CallKind.STATUS, failed=1)
            return
        self._failing.discard(asset_id)
        self._count(asset_id, CallKind.STATUS, ok=1)
        taken = self._taken.get(asset_id)
        told = () if taken is None else (taken.target,)
        self._obedience[asset_id] = self._obedience[asset_id].after(status, told, asset)
        self.statuses.put(asset_id, status)

    def _obedient(self, asset_id: AssetId) -> Measurement:
        """A device that does what it was told, and could do what it was given."""
        told, potential = self.targets.get(asset_id) or 0, self.potentials[asset_id]
        said: Any = potential * self._watts_per_step if isinstance(potential, int) else potential
        return Measurement(power_w=told * self._watts_per_step, highest_w=said)

    def awaiting_status(self, due_s: float) -> bool:
        """Whether some device has yet to answer the request of that grid point."""
        return any(answered_s < due_s for answered_s in self._answered_due_s.values())

    def overdue(self, now_s: float) -> dict[AssetId, float]:
        """The devices that have hung for more than 0.9 of the period."""
        late_s = {asset_id: now_s - since_s for asset_id, since_s in self._blocked_since_s.items()}
        return {asset_id: late for asset_id, late in late_s.items() if late > self._deadline_s}

    def failing(self) -> set[AssetId]:
        """Those that refuse their targets, or whose last reading was not believed."""
        return {*self._failing, *(asset_id for asset_id, count in self._refusals.items() if count)}

    def absent(self) -> set[AssetId]:
        """None: what is in memory is there."""
        return set()

    def disobeying(self, now_s: float) -> AbstractSet[AssetId]:
        """Those that refuse or have hung for three periods, and those that do not do what they are told."""
        hung_s = (REFUSALS - 0.5) * self._period_s
        return {
            asset_id
            for asset_id in self.potentials
            if self._refusals[asset_id] >= REFUSALS
            or self._obedience[asset_id].disobeys
            or now_s - self._blocked_since_s.get(asset_id, now_s) > hung_s
        }

    def health(self) -> dict[AssetId, DeviceHealth]:
        """What was not believed; a device in memory has no more."""
        return {asset_id: DeviceHealth(implausible=count) for asset_id, count in self._implausible.items()}

    def troubles(self) -> dict[AssetId, str]:
        """Those that fail; a device in memory gives no reasons."""
        return dict.fromkeys(self.failing(), "it fails")

    def points(self, asset_id: AssetId) -> tuple[PointReading, ...]:
        """None: it says what it says."""
        return ()

    def calls(self) -> dict[tuple[AssetId, CallKind], CallCounts]:
        """All that were answered, and those that were replaced while a device hung."""
        return dict(self._calls)

    def _count(self, asset_id: AssetId, kind: CallKind, *, ok: int = 0, failed: int = 0, superseded: int = 0) -> None:
        before = self._calls[asset_id, kind]
        self._calls[asset_id, kind] = CallCounts(
            ok=before.ok + ok, failed=before.failed + failed, superseded=before.superseded + superseded
        )

    def failed_calls(self) -> int:
        """Targets that were refused and readings that were not believed."""
        return sum(counts.failed for counts in self._calls.values())
