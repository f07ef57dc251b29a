"""One device behind its two lanes: its driver, and what is known of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, runtime_checkable

from energy_manager.adapters.devices.driver import DeviceAbsent, Driver, ImplausibleReading, Measurement
from energy_manager.adapters.devices.measurements import setpoint_w, status_of
from energy_manager.adapters.devices.opening import OpeningDriver
from energy_manager.adapters.devices.plant import Plant, Task
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.lanes import Call, Lane, SteppedStrand, Strand
from energy_manager.adapters.lanes.steps import Steps
from energy_manager.application.ports.devices.device_gateway import CallFailure, CallKind, DeviceHealth
from energy_manager.application.ports.records.journal import DeviceChanged
from energy_manager.domain.commissioning import PointReading
from energy_manager.domain.dispatch import OBEYS, Taken
from energy_manager.domain.dispatch.obedience import REFUSALS
from energy_manager.domain.site import Asset

IN_THE_LOG = {CallKind.TARGET: "setting the power target", CallKind.STATUS: "reading the status"}
"""What a lane is for, as the operator reads it."""

READS_AT_ONCE = 3
"""Reads of one device under way, those that were given up included."""


@runtime_checkable
class InSteps(Protocol):
    """A driver whose calls can be made in steps, too: as ``write`` and ``read``."""

    def telling(self, setpoint_w: float | None) -> Steps[None]: ...

    def reading(self) -> Steps[Measurement]: ...


class DeviceLanes:
    """One device: its driver, its two lanes, and what is known of it."""

    def __init__(self, asset: Asset, opens: Callable[[], Driver], plant: Plant) -> None:
        self._asset = asset
        self._asset_id = asset.id
        self._plant = plant
        self._plausible = asset.plausible_powers(plant.watts_per_step)
        self.driver: Driver | None = None
        self._opening = OpeningDriver(opens, now_s=plant.clock.now_s, opened=self._opened, failed=self._not_opened)
        self._opening_lock = threading.Lock()
        self._until_open: dict[CallKind, Call] = {}
        self._why_shut: str | None = None
        self.lanes = {kind: Lane(self._guarded(kind)) for kind in CallKind}
        self._strands: dict[CallKind, Strand] = {}
        self._stepped: SteppedStrand | None = None
        self._reads_given_up = 0
        self._unread_since_s: float | None = None
        self.successes = dict.fromkeys(CallKind, 0)
        self.failures = dict.fromkeys(CallKind, 0)
        self.is_failing = dict.fromkeys(CallKind, False)
        self.is_absent = dict.fromkeys(CallKind, False)
        self._last_failures: dict[CallKind, CallFailure] = {}
        self.implausible = 0
        self._refusals = 0
        self._obedience = OBEYS
        self.taken: Taken | None = None
        self._before: int | None = None
        self._changed_s = float("-inf")

    @property
    def failed_openings(self) -> int:
        """How often the driver could not be opened."""
        return self._opening.failures

    def post(self, kind: CallKind, call: Call) -> Task | None:
        """Leave a call for the device; what is to be run now, if anything."""
        if kind is CallKind.STATUS:
            self._give_up_hung_read(call.due_s)
        lane = self.lanes[kind]
        if self.driver is None:
            with self._opening_lock:
                if self.driver is None:
                    lane.superseded += kind in self._until_open
                    self._until_open[kind] = call
                    return None if self._plant.gate.is_closed else self._opening.begin()
        return self._wanting_a_thread(kind) if lane.post(call) else None

    def _wanting_a_thread(self, kind: CallKind) -> Task | None:
        """What is to be run for a lane with a call in it; None where that is under way."""
        lane = self.lanes[kind]
        if self._stepped is not None:
            stepped = partial(lane.run_in_steps, partial(self._call_in_steps, kind))
            return self._stepped.post(stepped, goes_first=kind is CallKind.TARGET)
        strand, run = self._strands.get(kind), lane.run
        if strand is None or strand.members == 1:
            return run
        return strand.post(run, goes_first=kind is CallKind.TARGET)

    def health(self) -> DeviceHealth:
        """What its driver knows of it, and how many of its readings were not believed."""
        report = getattr(self.driver, "health", None)
        known = DeviceHealth() if report is None else report()
        return replace(known, implausible=self.implausible, last_failures=dict(self._last_failures))

    @property
    def is_released_later(self) -> tuple[bool, bool]:
        """Whether it comes behind the others when all are released: since it fails; since it falls back by itself."""
        return any(self.is_failing.values()), bool(self.health().falls_back)

    @property
    def trouble(self) -> str | None:
        """Why it is not there, or why its last call of some kind failed; None where none did."""
        if self._why_shut is not None:
            return f"cannot be reached: {self._why_shut}"
        failing = [kind for kind in CallKind if self.is_failing[kind] and kind in self._last_failures]
        return "; ".join(f"{IN_THE_LOG[kind]} fails: {self._last_failures[kind].sentence}" for kind in failing) or None

    def points(self) -> tuple[PointReading, ...]:
        """What its driver has read last, if it knows points."""
        readings = getattr(self.driver, "readings", None)
        return () if readings is None else readings()

    def _give_up_hung_read(self, due_s: float) -> None:
        """Leave a read behind that has hung for long: another one begins in a lane of its own."""
        hung = self.lanes[CallKind.STATUS]
        call = hung.in_flight
        if call is None or due_s - call.due_s < self._plant.read_deadline_s:
            return
        if self._reads_given_up + 1 >= READS_AT_ONCE or not self._plant.given_up.take():
            return
        lane = Lane(self._guarded(CallKind.STATUS))
        lane.superseded = hung.superseded
        self._count_given_up(1)
        if hung.abandon(self._given_up_read_returned):
            self.lanes[CallKind.STATUS] = lane
            if self._unread_since_s is None:
                self._unread_since_s = call.due_s
        else:
            self._given_up_read_returned()

    def oldest_due_s(self, kind: CallKind) -> float | None:
        """When the call was due that is waited for longest; a read that was given up counts until one has answered."""
        if kind is CallKind.STATUS and self._unread_since_s is not None:
            return self._unread_since_s
        return self.lanes[kind].oldest_due_s()

    def _given_up_read_returned(self) -> None:
        self._count_given_up(-1)
        self._plant.given_up.came_back()

    def _count_given_up(self, more: int) -> None:
        with self._opening_lock:
            self._reads_given_up += more

    def _opened(self, driver: Driver) -> None:
        """Take the driver, and make the calls that have waited for it."""
        link = getattr(driver, "link", None)
        if getattr(link, "goes_in_steps", False) and isinstance(driver, InSteps):
            self._stepped = self._plant.strands.of_steps(link)
        elif link is not None:
            self._strands = {kind: self._plant.strands.of(link, kind) for kind in CallKind}
        with self._opening_lock:
            self.driver = driver
            waiting, self._until_open = self._until_open, {}
            was_shut, self._why_shut = self._why_shut, None
        if was_shut is not None:
            self._plant.journal.record(DeviceChanged(asset_id=self._asset_id, is_good=True, sentence="is there now"))
        for kind in CallKind:
            task = self._wanting_a_thread(kind) if kind in waiting and self.lanes[kind].post(waiting[kind]) else None
            if task is not None:
                self._plant.run([task], go_first=kind is CallKind.TARGET)

    def _not_opened(self, reason: str) -> None:
        """Tell the journal once that the device is not there."""
        is_new, self._why_shut = self._why_shut is None, reason
        if is_new:
            sentence = f"cannot be reached, it is tried again: {reason}"
            self._plant.journal.record(DeviceChanged(asset_id=self._asset_id, is_good=False, sentence=sentence))

    def _guarded(self, kind: CallKind) -> Callable[[Call], None]:
        def make_call(call: Call) -> None:
            driver = self.driver
            if driver is None or not self._may_begin(call):
                return
            try:
                if kind is CallKind.TARGET:
                    self._lead(driver, call)
                    driver.write(setpoint_w(call.target, watts_per_step=self._plant.watts_per_step))
                    self._took(call)
                else:
                    began_s = self._plant.clock.now_s()
                    before = self._may_follow(began_s)
                    self._measured(driver.read(), before, began_s)
            except BaseException as error:  # noqa: BLE001 - nothing a device raises may leave its lane
                self._came_back(kind, call, error)
            else:
                self._came_back(kind, call, None)

        return make_call

    def _call_in_steps(self, kind: CallKind, call: Call) -> Steps[None]:
        """As ``_guarded``, with a call in steps."""
        driver: Any = self.driver
        if not self._may_begin(call):
            return
        try:
            if kind is CallKind.TARGET:
                self._lead(driver, call)
                yield from driver.telling(setpoint_w(call.target, watts_per_step=self._plant.watts_per_step))
                self._took(call)
            else:
                began_s = self._plant.clock.now_s()
                before = self._may_follow(began_s)
                measurement = yield from driver.reading()
                self._measured(measurement, before, began_s)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 - nothing a device raises may leave its lane
            self._came_back(kind, call, error)
        else:
            self._came_back(kind, call, None)

    def _may_begin(self, call: Call) -> bool:
        gate = self._plant.gate
        return not gate.is_shut and (call.is_last or not gate.is_closed)

    def _came_back(self, kind: CallKind, call: Call, error: BaseException | None) -> None:
        """Count how the call has ended, and tell the journal of a change."""
        if isinstance(error, DeviceAbsent) and kind is CallKind.TARGET and self._has_nothing_to_release(call):
            self.is_absent[kind], self.is_failing[kind] = True, False
        elif error is not None:
            self.failures[kind] += 1
            self.is_absent[kind] = isinstance(error, DeviceAbsent)
            self.implausible += isinstance(error, ImplausibleReading)
            # A device owes its release to nobody but itself.
            self._refusals += kind is CallKind.TARGET and call.target is not None
            self._report(kind, failure=describe_failure(error))
        else:
            self.is_absent[kind] = False
            self.successes[kind] += 1
            self._report(kind, failure=None)
        if kind is CallKind.STATUS:
            self._unread_since_s = None
        self._note_astray()

    def _has_nothing_to_release(self, call: Call) -> bool:
        """Whether the call releases, not as its last word, a device that has taken no target of this run."""
        is_led = self.taken is not None and self.taken.target is not None
        return call.target is None and not call.is_last and not is_led

    @staticmethod
    def _lead(driver: Driver, call: Call) -> None:
        lead = getattr(driver, "lead", None)
        if lead is not None:
            lead(call.mode)

    def _took(self, call: Call) -> None:
        if self.taken is not None and self.taken.target != call.target:
            self._before, self._changed_s = self.taken.target, self._plant.clock.now_s()
        self.taken = Taken(target=call.target, due_s=call.due_s)
        self._refusals = 0

    def _measured(self, measurement: Measurement, before: tuple[int | None, ...], began_s: float) -> None:
        """Keep the status; ``before`` are the targets that the device may have been following when the read began."""
        status = status_of(
            measurement, watts_per_step=self._plant.watts_per_step, began_s=began_s, plausible=self._plausible
        )
        after = self._may_follow(began_s)
        self._obedience = self._obedience.after(status, before if before == after else before + after, self._asset)
        self._plant.statuses.put(self._asset_id, status)

    def _note_astray(self) -> None:
        if self._refusals >= REFUSALS or self._obedience.disobeys:
            self._plant.astray.add(self._asset_id)
        else:
            self._plant.astray.discard(self._asset_id)

    def _may_follow(self, now_s: float) -> tuple[int | None, ...]:
        """The targets (None = released) of which one may be what the device does now; empty: it never took one."""
        taken, in_flight = self.taken, self.lanes[CallKind.TARGET].in_flight
        if taken is None:
            return ()
        if now_s - self._changed_s < self._plant.settle_s:
            return (taken.target, self._before) if in_flight is None else (taken.target, self._before, in_flight.target)
        return (taken.target,) if in_flight is None else (taken.target, in_flight.target)

    def _report(self, kind: CallKind, *, failure: str | None) -> None:
        """Tell the journal of a change between failing and working, once a change."""
        is_failing, known = failure is not None, self._last_failures.get(kind)
        if failure is not None:
            self._last_failures[kind] = CallFailure(sentence=failure, at_s=self._plant.clock.now_s())
        elif known is not None and not known.is_over:
            self._last_failures[kind] = replace(known, is_over=True)
        if is_failing == self.is_failing[kind]:
            return
        self.is_failing[kind] = is_failing
        sentence = f"{IN_THE_LOG[kind]} fails: {failure}" if is_failing else f"{IN_THE_LOG[kind]} works again"
        self._plant.journal.record(DeviceChanged(asset_id=self._asset_id, is_good=not is_failing, sentence=sentence))
