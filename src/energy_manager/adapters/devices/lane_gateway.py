"""Devices behind lanes: a hung device holds up nobody, not even its own other lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from energy_manager.adapters.devices.driver import DeviceDriver
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.lanes import Call, ElasticPool, Lane
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.device_gateway import OVERDUE_SHARE, CallCounts, CallKind
from energy_manager.application.ports.journal import DeviceChanged, Journal
from energy_manager.domain.dispatch import DeviceStatus
from energy_manager.domain.quantities import AssetId

IN_THE_LOG = {CallKind.TARGET: "setting the power target", CallKind.STATUS: "reading the status"}
"""What a lane is for, as the operator reads it."""


class LaneDeviceGateway:
    """The devices of a site, each with one lane for targets and one for statuses on a shared pool.

    Everything that leaves a device call ends in its lane: counted, and told to the journal when a device begins or
    ceases to fail.
    """

    def __init__(
        self,
        drivers: Mapping[AssetId, DeviceDriver],
        *,
        pool: ElasticPool,
        clock: Clock,
        journal: Journal,
        period_s: float,
        status_period_s: float,
    ) -> None:
        self._pool = pool
        self._gate = _Gate()
        self._devices = {
            asset_id: _DeviceLanes(asset_id, driver, gate=self._gate, clock=clock, journal=journal)
            for asset_id, driver in drivers.items()
        }
        self._deadline_s = {
            CallKind.TARGET: OVERDUE_SHARE * period_s,
            CallKind.STATUS: OVERDUE_SHARE * status_period_s,
        }

    @property
    def asset_ids(self) -> tuple[AssetId, ...]:
        """The devices in the order of the site file."""
        return tuple(self._devices)

    def command(self, targets: Mapping[AssetId, int], *, due_s: float) -> None:
        """Post the targets into the lanes, then wake the pool once; they go before status reads that wait."""
        calls = (
            (self._devices[asset_id].lanes[CallKind.TARGET], Call(due_s=due_s, target=target))
            for asset_id, target in targets.items()
        )
        self._pool.submit(_lanes_to_run(calls), go_first=True)

    def request_statuses(self, *, due_s: float, asset_ids: Iterable[AssetId] | None = None) -> None:
        """Post a read into the status lanes, then wake the pool once."""
        call = Call(due_s=due_s)
        asked = self._devices if asset_ids is None else asset_ids
        calls = ((self._devices[asset_id].lanes[CallKind.STATUS], call) for asset_id in asked)
        self._pool.submit(_lanes_to_run(calls))

    def statuses(self) -> dict[AssetId, DeviceStatus]:
        """The last good status of each device that ever gave one."""
        return {asset_id: device.status for asset_id, device in self._devices.items() if device.status is not None}

    def awaiting_status(self, due_s: float) -> bool:
        """Whether some device has yet to answer the request of that grid point."""
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
        """All calls that devices have failed so far."""
        return sum(sum(device.failures.values()) for device in self._devices.values())

    def close(self) -> None:
        """No further call begins; those under way are left to themselves."""
        self._gate.is_closed = True


def _lanes_to_run(calls: Iterable[tuple[Lane, Call]]) -> list[Callable[[], None]]:
    """Post each call; the lanes that now want a thread."""
    return [lane.run for lane, call in calls if lane.post(call)]


class _Gate:
    """One word to all lanes of a site that no further call begins."""

    is_closed = False


class _DeviceLanes:
    """One device: its driver, its two lanes, and what is known of it."""

    def __init__(self, asset_id: AssetId, driver: DeviceDriver, *, gate: _Gate, clock: Clock, journal: Journal) -> None:
        self._asset_id = asset_id
        self._driver = driver
        self._clock = clock
        self._journal = journal
        self.lanes = {kind: Lane(self._guarded(kind)) for kind in CallKind}
        self.successes = dict.fromkeys(CallKind, 0)
        self.failures = dict.fromkeys(CallKind, 0)
        self.is_failing = dict.fromkeys(CallKind, False)
        self._gate = gate
        self.status: DeviceStatus | None = None

    def _guarded(self, kind: CallKind) -> Callable[[Call], None]:
        make = {CallKind.TARGET: self._set_target, CallKind.STATUS: self._read_status}[kind]

        def make_call(call: Call) -> None:
            if self._gate.is_closed:
                return
            try:
                make(call)
            except BaseException as error:  # noqa: BLE001 - nothing a device raises may leave its lane
                self.failures[kind] += 1
                self._report(kind, failure=describe_failure(error))
            else:
                self.successes[kind] += 1
                self._report(kind, failure=None)

        return make_call

    def _set_target(self, call: Call) -> None:
        self._driver.set_power_target(call.target)

    def _read_status(self, _: Call) -> None:
        read_at_s = self._clock.now_s()
        reading = self._driver.read()
        self.status = DeviceStatus.from_reading(
            output=reading.output,
            potential=reading.potential,
            read_at_s=read_at_s,
            measured_kw=reading.measured_kw,
            stored_kwh=reading.stored_kwh,
        )

    def _report(self, kind: CallKind, *, failure: str | None) -> None:
        """Tell the journal of a change between failing and working, once a change."""
        is_failing = failure is not None
        if is_failing == self.is_failing[kind]:
            return
        self.is_failing[kind] = is_failing
        sentence = f"{IN_THE_LOG[kind]} fails: {failure}" if is_failing else f"{IN_THE_LOG[kind]} works again"
        self._journal.record(DeviceChanged(asset_id=self._asset_id, is_good=not is_failing, sentence=sentence))
