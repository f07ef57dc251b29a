"""Devices behind lanes: a hung device holds up nobody, not even its own other lane."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from energy_manager.adapters.devices.driver import Driver
from energy_manager.adapters.devices.measurements import setpoint_w, status_of
from energy_manager.adapters.devices.opening import OpeningDriver, OpeningEvents
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.lanes import Call, ElasticPool, Lane
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.device_gateway import OVERDUE_SHARE, CallCounts, CallKind
from energy_manager.application.ports.journal import DeviceChanged, Journal
from energy_manager.application.ports.status_repository import StatusRepository
from energy_manager.domain.dispatch import Taken
from energy_manager.domain.quantities import AssetId

IN_THE_LOG = {CallKind.TARGET: "setting the power target", CallKind.STATUS: "reading the status"}
"""What a lane is for, as the operator reads it."""


class LaneDeviceGateway:
    """The devices of a site, each with one lane for targets and one for statuses on a shared pool.

    Everything that leaves a device call ends in its lane: counted, and told to the journal when a device begins or
    ceases to fail. ``drivers`` open the drivers; that, too, happens on the pool. What is told and asked until a driver
    is there waits for it, the newest of each kind; the asset is absent meanwhile, and neither late nor failing.
    """

    def __init__(
        self,
        drivers: Mapping[AssetId, Callable[[], Driver]],
        *,
        statuses: StatusRepository,
        pool: ElasticPool,
        clock: Clock,
        journal: Journal,
        period_s: float,
        status_period_s: float,
        watts_per_step: int = 1000,
    ) -> None:
        self._pool = pool
        self._gate = _Gate()
        self._devices = {
            asset_id: _DeviceLanes(
                asset_id,
                opens,
                statuses=statuses,
                gate=self._gate,
                pool=pool,
                clock=clock,
                journal=journal,
                watts_per_step=watts_per_step,
            )
            for asset_id, opens in drivers.items()
        }
        self._deadline_s = {
            CallKind.TARGET: OVERDUE_SHARE * period_s,
            CallKind.STATUS: OVERDUE_SHARE * status_period_s,
        }

    @property
    def asset_ids(self) -> tuple[AssetId, ...]:
        """The devices in the order of the site file."""
        return tuple(self._devices)

    def command(self, targets: Mapping[AssetId, int | None], *, due_s: float) -> None:
        """Post the targets into the lanes, then wake the pool once; they go before status reads that wait."""
        tasks = (
            self._devices[asset_id].post(CallKind.TARGET, Call(due_s=due_s, target=target))
            for asset_id, target in targets.items()
        )
        self._pool.submit([task for task in tasks if task is not None], go_first=True)

    def taken(self) -> dict[AssetId, Taken]:
        """The newest target that each device has taken."""
        return {asset_id: device.taken for asset_id, device in self._devices.items() if device.taken is not None}

    def let_go(self, asset_ids: Iterable[AssetId], *, due_s: float) -> None:
        """Release these devices as the last word; every other call that has not begun is dropped."""
        self._gate.is_closed = True
        call = Call(due_s=due_s, target=None, is_last=True)
        tasks = (self._devices[asset_id].post(CallKind.TARGET, call) for asset_id in asset_ids)
        self._pool.submit([task for task in tasks if task is not None], go_first=True)

    def request_statuses(self, *, due_s: float, asset_ids: Iterable[AssetId] | None = None) -> None:
        """Post a read into the status lanes, then wake the pool once."""
        call = Call(due_s=due_s)
        asked = self._devices if asset_ids is None else asset_ids
        tasks = (self._devices[asset_id].post(CallKind.STATUS, call) for asset_id in asked)
        self._pool.submit([task for task in tasks if task is not None])

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
                due_s = device.lanes[kind].oldest_due_s()
                if due_s is not None and now_s - due_s > deadline_s:
                    overdue[asset_id] = max(now_s - due_s, overdue.get(asset_id, 0.0))
        return overdue

    def failing(self) -> set[AssetId]:
        """The devices of which either lane's last call failed."""
        return {asset_id for asset_id, device in self._devices.items() if any(device.is_failing.values())}

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


class _Gate:
    """One word to all lanes of a site: that only last calls begin (closed), or none at all (shut)."""

    is_closed = False
    is_shut = False


class _DeviceLanes:
    """One device: its driver, its two lanes, and what is known of it."""

    def __init__(
        self,
        asset_id: AssetId,
        opens: Callable[[], Driver],
        *,
        statuses: StatusRepository,
        gate: _Gate,
        pool: ElasticPool,
        clock: Clock,
        journal: Journal,
        watts_per_step: int,
    ) -> None:
        self._asset_id = asset_id
        self._statuses = statuses
        self._pool = pool
        self._clock = clock
        self._journal = journal
        self._watts_per_step = watts_per_step
        self._driver: Driver | None = None
        self._opening = OpeningDriver(
            opens, now_s=clock.now_s, events=OpeningEvents(is_open=self._opened, failed=self._not_opened)
        )
        self._opening_lock = threading.Lock()
        self._until_open: dict[CallKind, Call] = {}
        self._is_known_to_be_shut = False
        self.lanes = {kind: Lane(self._guarded(kind)) for kind in CallKind}
        self.successes = dict.fromkeys(CallKind, 0)
        self.failures = dict.fromkeys(CallKind, 0)
        self.is_failing = dict.fromkeys(CallKind, False)
        self._gate = gate
        self.taken: Taken | None = None

    @property
    def failed_openings(self) -> int:
        """How often the driver could not be opened."""
        return self._opening.failures

    def post(self, kind: CallKind, call: Call) -> Callable[[], None] | None:
        """Leave a call for the device; what the pool is to run now, if anything."""
        lane = self.lanes[kind]
        if self._driver is None:
            with self._opening_lock:
                if self._driver is None:
                    lane.superseded += kind in self._until_open
                    self._until_open[kind] = call
                    return None if self._gate.is_closed else self._opening.begin()
        return lane.run if lane.post(call) else None

    def _opened(self, driver: Driver) -> None:
        """Take the driver, and make the calls that have waited for it."""
        with self._opening_lock:
            self._driver = driver
            waiting, self._until_open = self._until_open, {}
            was_shut, self._is_known_to_be_shut = self._is_known_to_be_shut, False
        if was_shut:
            self._journal.record(DeviceChanged(asset_id=self._asset_id, is_good=True, sentence="is there now"))
        for kind in CallKind:
            if kind in waiting and self.lanes[kind].post(waiting[kind]):
                self._pool.submit([self.lanes[kind].run], go_first=kind is CallKind.TARGET)

    def _not_opened(self, reason: str) -> None:
        """Tell the journal once that the device is not there."""
        is_new, self._is_known_to_be_shut = not self._is_known_to_be_shut, True
        if is_new:
            sentence = f"cannot be reached, it is tried again: {reason}"
            self._journal.record(DeviceChanged(asset_id=self._asset_id, is_good=False, sentence=sentence))

    def _guarded(self, kind: CallKind) -> Callable[[Call], None]:
        make = {CallKind.TARGET: self._set_target, CallKind.STATUS: self._read_status}[kind]

        def make_call(call: Call) -> None:
            driver = self._driver
            if self._gate.is_shut or (self._gate.is_closed and not call.is_last) or driver is None:
                return
            try:
                make(driver, call)
            except BaseException as error:  # noqa: BLE001 - nothing a device raises may leave its lane
                self.failures[kind] += 1
                self._report(kind, failure=describe_failure(error))
            else:
                self.successes[kind] += 1
                self._report(kind, failure=None)

        return make_call

    def _set_target(self, driver: Driver, call: Call) -> None:
        driver.write(setpoint_w(call.target, watts_per_step=self._watts_per_step))
        self.taken = Taken(target=call.target, due_s=call.due_s)

    def _read_status(self, driver: Driver, _: Call) -> None:
        began_s = self._clock.now_s()
        status = status_of(driver.read(), watts_per_step=self._watts_per_step, began_s=began_s)
        self._statuses.put(self._asset_id, status)

    def _report(self, kind: CallKind, *, failure: str | None) -> None:
        """Tell the journal of a change between failing and working, once a change."""
        is_failing = failure is not None
        if is_failing == self.is_failing[kind]:
            return
        self.is_failing[kind] = is_failing
        sentence = f"{IN_THE_LOG[kind]} fails: {failure}" if is_failing else f"{IN_THE_LOG[kind]} works again"
        self._journal.record(DeviceChanged(asset_id=self._asset_id, is_good=not is_failing, sentence=sentence))
