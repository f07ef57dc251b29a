"""Another ``shared`` module of the same public surface: it records every call and has faults of every kind.

First on ``PYTHONPATH`` it replaces the project's. The part of an asset's id before ``-`` says what is wrong with the
device; what happens is appended to the file ``$RECORD`` as lines ``monotonic kind asset value``.

``ok`` · ``hang`` (both calls, for ever) · ``hangset`` · ``hangstatus`` · ``raise`` (everything, BaseException kinds
too) · ``garbage`` (statuses that are none) · ``late`` (a target is stored 2.5 s after the call began) · ``flood``
(prints without end of line) · ``stdout`` (writes to the descriptor and blocks there if nobody reads).
``$SCHEDULE`` makes the schedule ``ok`` · ``hang`` · ``raise`` · ``garbage`` · ``slow`` · ``firsthang``.
"""

import os
import threading
import time

AssetId = str
PowerTarget = int

BLOCK_S = float(os.environ.get("BLOCK_S", "5"))
SCHEDULE = os.environ.get("SCHEDULE", "ok")
RECORD = os.open(os.environ.get("RECORD", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def record(kind, asset, value=""):
    os.write(RECORD, f"{time.monotonic():.6f} {kind} {asset} {value}\n".encode())


def hang():
    threading.Event().wait()


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


class FromBelow(BaseException):
    pass


FAILURES = (
    lambda: Exception("plain"),
    lambda: SystemExit(3),
    lambda: KeyboardInterrupt(),
    lambda: GeneratorExit(),
    lambda: StopIteration(1),
    lambda: Unspeakable(),
    lambda: FromBelow("below"),
    lambda: MemoryError(),
)


class Clock:
    _started = None

    @classmethod
    def get_current_time_block(cls):
        if cls._started is None:
            cls._started = time.monotonic()
            record("clock", "-", "first")
        return int((time.monotonic() - cls._started) // BLOCK_S) % 5


class ScheduleProvider:
    def __init__(self, schedule, sleep_chance=0.1, sleep_multiplier=1.0, exception_chance=0.0):
        self.schedule = schedule
        self.calls = 0

    def get_current_power_targets(self):
        self.calls += 1
        block = Clock.get_current_time_block()
        record("fetch", "-", block)
        if SCHEDULE == "hang" or (SCHEDULE == "firsthang" and self.calls == 1):
            hang()
        if SCHEDULE == "raise":
            raise FAILURES[self.calls % len(FAILURES)]()
        if SCHEDULE == "garbage":
            return [None, 7, "targets", {"ok-1": float("nan"), "ok-2": True, "ok-3": 7.9}, object()][self.calls % 5]
        if SCHEDULE == "slow":
            time.sleep(0.9)
        return self.schedule[block]


class DeviceStatus:
    def __init__(self, current_power_output, potential_power_output):
        self.current_power_output = current_power_output
        self.potential_power_output = potential_power_output


class Explosive:
    @property
    def current_power_output(self):
        raise FromBelow("status")

    potential_power_output = current_power_output


GARBAGE = (
    lambda: None,
    lambda: "status",
    lambda: DeviceStatus("lots", "plenty"),
    lambda: DeviceStatus(float("nan"), float("inf")),
    lambda: DeviceStatus(-5, -5),
    lambda: DeviceStatus(None, True),
    lambda: Explosive(),
    lambda: DeviceStatus(10**5000, 10**5000),
    lambda: DeviceStatus(1e300, -1e300),
)


class DeviceController:
    def __init__(
        self, asset_id, potential_power_outputs=None, sleep_chance=0.1, sleep_multiplier=1.0, exception_chance=0.0
    ):
        self.asset_id = asset_id
        self.fault = asset_id.partition("-")[0]
        self.potentials = potential_power_outputs
        self.target = 0
        self.sets = 0
        self.reads = 0

    def set_power_target(self, power_target):
        record("set", self.asset_id, power_target)
        self.sets += 1
        if self.fault in {"hang", "hangset"}:
            hang()
        if self.fault == "raise":
            raise FAILURES[self.sets % len(FAILURES)]()
        if self.fault == "late":
            time.sleep(2.5)
        if self.fault == "flood":
            print("x" * 10_000_000, end="")
        if self.fault == "stdout":
            os.write(1, b"y" * 1_000_000)
        print(f"[{self.asset_id}] Power set: {power_target}")
        self.target = power_target
        record("done", self.asset_id, power_target)

    def get_device_status(self):
        record("read", self.asset_id)
        self.reads += 1
        if self.fault in {"hang", "hangstatus"}:
            hang()
        if self.fault == "raise":
            raise FAILURES[self.reads % len(FAILURES)]()
        if self.fault == "garbage":
            return GARBAGE[self.reads % len(GARBAGE)]()
        potential = 0 if self.potentials is None else self.potentials[Clock.get_current_time_block()]
        return DeviceStatus(min(self.target, potential), potential)
