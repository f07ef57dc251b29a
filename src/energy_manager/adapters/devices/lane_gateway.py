"""Devices behind lanes: a hung device holds up nobody, not even its own other lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from energy_manager.adapters.devices.device_lanes import DeviceLanes
from energy_manager.adapters.devices.driver import Driver
from energy_manager.adapters.devices.plant import Gate, GivenUpReads, Plant, Strands
from energy_manager.adapters.lanes import Call, ElasticPool, Multiplexer
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import (
    NO_MODES,
    OVERDUE_SHARE,
    CallCounts,
    CallKind,
    DeviceHealth,
)
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.records.journal import Journal
from energy_manager.domain.commissioning import PointReading
from energy_manager.domain.dispatch import Taken
from energy_manager.domain.dispatch.obedience import REFUSALS
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Asset

READ_DEADLINE_S = 5.0
"""A read that hangs for this long is given up when the next one is asked for."""


class LaneDeviceGateway:
    """The devices of a site, each with one lane for targets and one for statuses on a shared pool.

    Everything that leaves a device call ends in its lane: counted, and told to the journal when a device begins or
    ceases to fail. ``drivers`` open the drivers; that, too, happens on the pool. What is told and asked until a driver
    is there waits for it, the newest of each kind; the asset is absent meanwhile, and neither late nor failing.
    Devices behind one link, as their drivers say, share a thread for each purpose: they would only wait for each other.
    ``assets`` are those of the site: what is plausible of each, and what is tolerated. ``multiplexer`` makes the calls
    in steps, by default on a thread of its own.
    """

    def __init__(
        self,
        drivers: Mapping[AssetId, Callable[[], Driver]],
        *,
        statuses: StatusRepository,
        pool: ElasticPool,
        clock: Clock,
        journal: Journal,
        multiplexer: Multiplexer | None = None,
        period_s: float,
        status_period_s: float,
        watts_per_step: int = 1000,
        assets: Iterable[Asset] = (),
    ) -> None:
        self._gate = Gate()
        self._period_s = period_s
        self._astray: set[AssetId] = set()
        plant = self._plant = Plant(
            statuses=statuses,
            gate=self._gate,
            strands=Strands(),
            given_up=GivenUpReads(),
            astray=self._astray,
            pool=pool,
            multiplexer=multiplexer or Multiplexer(pool, now_s=clock.now_s),
            clock=clock,
            journal=journal,
            watts_per_step=watts_per_step,
            settle_s=period_s,
            read_deadline_s=READ_DEADLINE_S,
        )
        described = {asset.id: asset for asset in assets}
        self._devices = {
            asset_id: DeviceLanes(described.get(asset_id) or Asset(id=asset_id), opens, plant)
            for asset_id, opens in drivers.items()
        }
        self._busy: set[AssetId] = set()
        self._deadline_s = {
            CallKind.TARGET: OVERDUE_SHARE * period_s,
            CallKind.STATUS: OVERDUE_SHARE * status_period_s,
        }

    @property
    def asset_ids(self) -> tuple[AssetId, ...]:
        """The devices in the order of the site file."""
        return tuple(self._devices)

    def command(
        self, targets: Mapping[AssetId, int | None], *, due_s: float, modes: Mapping[AssetId, str] = NO_MODES
    ) -> None:
        """Post the targets into the lanes, then wake the pool once; they go before status reads that wait."""
        tasks = []
        for asset_id, target in targets.items():
            task = self._devices[asset_id].post(
                CallKind.TARGET, Call(due_s=due_s, target=target, mode=modes.get(asset_id, ""))
            )
            if task is None:
                self._busy.add(asset_id)
            else:
                tasks.append(task)
        self._plant.run(tasks, go_first=True)

    def taken(self) -> dict[AssetId, Taken]:
        """The newest target that each device has taken."""
        return {asset_id: device.taken for asset_id, device in self._devices.items() if device.taken is not None}

    def let_go(self, asset_ids: Iterable[AssetId], *, due_s: float) -> None:
        """Release these devices as the last word; every other call that has not begun is dropped.

        Those behind one link take turns, and time may not be enough for all of them: whoever would keep its last target
        goes before whoever falls back by itself, and one that fails, which takes long, comes last.
        """
        self._gate.is_closed = True
        call = Call(due_s=due_s, target=None, is_last=True)
        in_order = sorted(asset_ids, key=lambda asset_id: (*self._devices[asset_id].is_released_later, asset_id))
        tasks = [self._devices[asset_id].post(CallKind.TARGET, call) for asset_id in in_order]
        self._plant.run(tasks, go_first=True)

    def request_statuses(self, *, due_s: float, asset_ids: Iterable[AssetId] | None = None) -> None:
        """Post a read into the status lanes, then wake the pool once."""
        call = Call(due_s=due_s)
        asked = self._devices if asset_ids is None else asset_ids
        tasks = (self._devices[asset_id].post(CallKind.STATUS, call) for asset_id in asked)
        self._plant.run(tasks)

    def awaiting_status(self, due_s: float) -> bool:
        """Whether some device has yet to answer the request of that grid point."""
        if self._gate.is_closed:
            return False
        return any(device.lanes[CallKind.STATUS].finished_due_s < due_s for device in self._devices.values())

    def overdue(self, now_s: float) -> dict[AssetId, float]:
        """Per device the longest lateness over its lanes, of those past 0.9 of their period."""
        overdue: dict[AssetId, float] = {}
        for asset_id, device in self._devices.items():
            for kind, deadline_s in self._deadline_s.items():
                due_s = device.oldest_due_s(kind)
                if due_s is not None and now_s - due_s > deadline_s:
                    overdue[asset_id] = max(now_s - due_s, overdue.get(asset_id, 0.0))
        return overdue

    def failing(self) -> set[AssetId]:
        """The devices of which either lane's last call failed."""
        return {asset_id for asset_id, device in self._devices.items() if any(device.is_failing.values())}

    def absent(self) -> set[AssetId]:
        """The devices of which either lane's last call has shown that they are not there."""
        return {asset_id for asset_id, device in self._devices.items() if any(device.is_absent.values())}

    def disobeying(self, now_s: float) -> AbstractSet[AssetId]:
        """As the calls of each device have shown, and those with a target that has hung for three periods."""
        disobeying = self._astray.copy()
        for asset_id in tuple(self._busy):
            due_s = self._devices[asset_id].lanes[CallKind.TARGET].oldest_due_s()
            if due_s is None:
                self._busy.discard(asset_id)
            elif now_s - due_s > (REFUSALS - 0.5) * self._period_s:
                disobeying.add(asset_id)
        return disobeying

    def health(self) -> dict[AssetId, DeviceHealth]:
        """What the drivers know of their devices, and what was not believed of their words."""
        return {asset_id: device.health() for asset_id, device in self._devices.items()}

    def troubles(self) -> dict[AssetId, str]:
        """By the newest call of each kind."""
        devices = self._devices.items()
        return {asset_id: trouble for asset_id, device in devices if (trouble := device.trouble) is not None}

    def points(self, asset_id: AssetId) -> tuple[PointReading, ...]:
        """As the driver has read them last."""
        return self._devices[asset_id].points()

    def calls(self) -> dict[tuple[AssetId, CallKind], CallCounts]:
        """Counted in the lanes, one call at a time in each."""
        return {
            (asset_id, kind): CallCounts(
                ok=device.successes[kind], failed=device.failures[kind], superseded=lane.superseded
            )
            for asset_id, device in self._devices.items()
            for kind, lane in device.lanes.items()
        }

    def failed_calls(self) -> int:
        """All calls that devices have failed so far, those that were to open them included."""
        return sum(sum(device.failures.values()) + device.failed_openings for device in self._devices.values())

    def close(self) -> None:
        """No further call begins, not even a last one; those under way are left to themselves."""
        self._gate.is_closed = self._gate.is_shut = True
        self._plant.multiplexer.close()
