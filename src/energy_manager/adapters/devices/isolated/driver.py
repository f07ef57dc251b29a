"""The loop's side of a driver in a process of its own."""

from __future__ import annotations

import itertools
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from energy_manager.adapters.devices.driver import DeviceAbsent, Driver, DriverContext, Measurement
from energy_manager.adapters.devices.isolated.frames import Ended, Opening, Wire
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.domain.errors import EnergyManagerError

HUNG_S = 30.0
"""After a call without an answer for so long the process is ended: only so a call can be that never comes back."""

OPENING_S = 60.0
"""So long may a process take until its driver is open."""

LONGEST_PAUSE_S = 60.0
SHORT_LIFE_S = 60.0
"""A process that lived shorter than this makes the pause before the next one but one twice as long."""

FIRST_PAUSE_S = 1.0


class DriverProcessEnded(EnergyManagerError):
    """The process of a driver has ended, or was ended; a call of it has no answer."""

    code = "driver_process_ended"


class DriverFailed(EnergyManagerError):
    """What a driver raised in its process, in words."""

    code = "driver_failed"


def open_isolated(driver: str, options: object, context: DriverContext) -> Driver:
    """The driver, open in a process of its own; raises what its opening raises, in words."""
    isolated = IsolatedDriver(driver, options, context)
    try:
        isolated.start()
    except EnergyManagerError:
        isolated.close()
        raise
    return isolated


class _Pending:
    """A call that waits for its answer."""

    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self.is_answered = threading.Event()
        self.answer: Mapping[str, Any] | None = None


class _Life:
    """One process with its wire and its pending calls."""

    def __init__(self, process: subprocess.Popen[bytes], wire: Wire) -> None:
        self.process = process
        self.wire = wire
        self.pending: dict[int, _Pending] = {}
        self.began_s = time.monotonic()
        self.is_over = False
        self.reason = ""


class IsolatedDriver:
    """Calls go to the process and wait for its answer; a process that ended is started again by the next call.

    A write of which the process ends is not repeated: whether the device took it, nobody knows.
    """

    def __init__(self, driver: str, options: object, context: DriverContext) -> None:
        self._driver = driver
        self._options = options
        self._context = context
        self._starting = threading.Lock()
        self._lock = threading.Lock()
        self._life: _Life | None = None
        self._numbers = itertools.count(1)
        self._pause_s = FIRST_PAUSE_S
        self._not_before_s = 0.0
        self._is_closed = False
        self._mode = ""

    def start(self) -> None:
        """Start the process and wait until the driver is open."""
        self._alive()

    def lead(self, mode: str) -> None:
        """What the next set-point means to a device that knows modes only."""
        self._mode = mode

    def write(self, setpoint_w: float | None) -> None:
        """As the driver; raises what it raised, in words."""
        self._call({"call": "write", "setpoint_w": setpoint_w, "mode": self._mode})

    def read(self) -> Measurement:
        """As the driver; raises what it raised, in words."""
        said = self._call({"call": "read"}).get("measured")
        if not isinstance(said, dict):
            raise DriverFailed("its process answered a read without a measurement")
        age_s = said.pop("age_s", None)
        return Measurement(**said, taken_at_s=None if age_s is None else self._context.now_s() - age_s)

    def close(self) -> None:
        """End the process; it is not started again."""
        self._is_closed = True
        with self._lock:
            life = self._life
        if life is not None:
            self._end(life, "it was closed")

    def _call(self, message: dict[str, Any]) -> Mapping[str, Any]:
        life = self._alive()
        number, pending = next(self._numbers), _Pending()
        with self._lock:
            if life.is_over:
                raise DriverProcessEnded(life.reason)
            life.pending[number] = pending
        try:
            life.wire.send({"id": number, **message})
        except Ended:
            self._end(life, "")
        return _answered(pending, life)

    def _alive(self) -> _Life:
        """The process, started if there is none."""
        with self._starting:
            with self._lock:
                life = self._life
            if life is not None and not life.is_over:
                return life
            if self._is_closed:
                raise DriverProcessEnded("it was closed")
            missing_s = self._not_before_s - time.monotonic()
            if missing_s > 0:
                reason = "" if life is None else f"{life.reason}; "
                raise DriverProcessEnded(f"{reason}it is started again in {missing_s:.0f} s")
            return self._started()

    def _started(self) -> _Life:
        memory = self._context.memory
        opening = Opening(
            driver=self._driver,
            options=self._options,
            asset_id=self._context.asset_id,
            kind=self._context.kind,
            ratings=self._context.ratings,
            watts_per_step=self._context.watts_per_step,
            connection=self._context.connection,
            has_memory=memory is not None,
            recalled=None if memory is None else memory.recall(),
        )
        octets = pickle.dumps(opening)
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "energy_manager.adapters.devices.isolated.child", str(theirs.fileno())]
        with theirs:
            # Modules are found where this process finds them: a site may bring its own.
            found_in = os.pathsep.join(filter(None, sys.path))
            process = subprocess.Popen(  # noqa: S603 - this very product
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": found_in},
            )
        life = _Life(process, Wire(ours))
        opened = _Pending()
        life.pending[0] = opened
        with self._lock:
            self._life = life
        start_daemon(lambda: self._listen(life), name=f"driver of {self._context.asset_id}")
        try:
            life.wire.send_octets(octets)
        except Ended:
            self._end(life, "")
        if not opened.is_answered.wait(OPENING_S):
            self._end(life, f"its driver has not opened within {OPENING_S:g} s")
        _answered(opened, life)
        start_daemon(lambda: self._watch(life), name=f"watch of {self._context.asset_id}")
        return life

    def _listen(self, life: _Life) -> None:
        """Hand out the answers until the process ends."""
        while True:
            try:
                message = life.wire.receive()
            except Ended:
                break
            if "remember" in message and self._context.memory is not None:
                self._context.memory.remember(message["remember"])
                continue
            with self._lock:
                pending = life.pending.pop(message.get("id", -1), None)
            if pending is not None:
                pending.answer = message
                pending.is_answered.set()
        self._end(life, "")

    def _watch(self, life: _Life) -> None:
        """End the process when a call has had no answer for too long; looks once a second."""
        while not life.is_over:
            time.sleep(1.0)
            with self._lock:
                oldest_s = min((pending.began_s for pending in life.pending.values()), default=None)
            if oldest_s is not None and time.monotonic() - oldest_s > HUNG_S:
                self._end(life, f"its process had not answered for {HUNG_S:g} s and was ended")

    def _end(self, life: _Life, reason: str) -> None:
        """The process is over: its calls fail, and the next one is not started at once if this one lived shortly."""
        with self._lock:
            life.reason = life.reason or reason
        life.wire.close()
        if reason:
            life.process.kill()
        try:
            code = life.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            life.process.kill()
            code = life.process.wait()
        with self._lock:
            if life.is_over:
                return
            life.is_over = True
            life.reason = life.reason or f"its process ended with {code if code >= 0 else f'signal {-code}'}"
            is_short = time.monotonic() - life.began_s < SHORT_LIFE_S
            pause_s = self._pause_s if is_short else FIRST_PAUSE_S
            self._not_before_s = time.monotonic() + pause_s
            self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            waiting, life.pending = list(life.pending.values()), {}
        for pending in waiting:
            pending.is_answered.set()


def _answered(pending: _Pending, life: _Life) -> Mapping[str, Any]:
    """What the process answered, however long it takes: a call may hang, its lane knows what to make of that."""
    pending.is_answered.wait()
    if pending.answer is None:
        raise DriverProcessEnded(life.reason)
    failure = pending.answer.get("failure")
    if failure is not None:
        raise (DeviceAbsent if pending.answer.get("is_absent") else DriverFailed)(str(failure))
    return pending.answer
