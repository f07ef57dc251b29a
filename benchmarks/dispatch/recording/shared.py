"""The assignment's ``shared`` module with devices that fail on purpose and record each call at next to no cost.

First on ``PYTHONPATH`` it replaces the project's. The part of an asset's id before ``-`` says what is wrong with it:
``ok`` · ``raise`` (every call fails) · ``hang`` (every call that begins ``$HANG_AFTER_S`` or later after the clock's
first call lasts for ever). All of them are slow as often as the assignment's devices are, and print as they do.

The record is a file made beforehand and mapped into memory (``$RECORD``): writing to it is no system call, so it
neither waits nor hands on the interpreter, and it outlives a killed process. One slot a call; the first slot's
``begun_s`` is the clock's first call. Times are those of ``time.monotonic``.
"""

from __future__ import annotations

import itertools
import mmap
import os
import random
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

AssetId = str
PowerTarget = int

BLOCK_S = 5.0
TIME_BLOCKS = 5

SET, READ, TICK = 1, 2, 3
"""Kinds of slots; 0 is a slot that was not used. ``TICK`` is for designs that record when their tick began."""

_SLOT = struct.Struct("<ddqii")  # begun_s, ended_s (0: not yet), value, device, kind
_ENDED = struct.Struct("<d")
_ENDED_AT = 8

_HANG_AFTER_S = float(os.environ["HANG_AFTER_S"])
_FOR_EVER = threading.Lock()
_FOR_EVER.acquire()


class _Record:
    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._slots = mmap.mmap(file.fileno(), 0)
        self._numbers = itertools.count(1)

    def clock_started(self) -> None:
        _SLOT.pack_into(self._slots, 0, time.monotonic(), 0.0, 0, 0, 0)

    def begin(self, kind: int, device: int, value: int = 0) -> int:
        """Take the next slot (the interpreter makes counting atomic) and return where it is."""
        place = next(self._numbers) * _SLOT.size
        _SLOT.pack_into(self._slots, place, time.monotonic(), 0.0, value, device, kind)
        return place

    def end(self, place: int) -> None:
        _ENDED.pack_into(self._slots, place + _ENDED_AT, time.monotonic())


RECORD = _Record(Path(os.environ["RECORD"]))


class Clock:
    """Five blocks of five seconds, looping, from the first call on."""

    started_s: ClassVar[float | None] = None

    @classmethod
    def get_current_time_block(cls) -> int:
        """The index of the current block."""
        if cls.started_s is None:
            RECORD.clock_started()
            cls.started_s = time.monotonic()
        return int((time.monotonic() - cls.started_s) // BLOCK_S) % TIME_BLOCKS


@dataclass(frozen=True)
class DeviceStatus:
    """What a device delivers now, and what it could deliver."""

    current_power_output: int
    potential_power_output: int


@dataclass(frozen=True)
class _Line:
    """The assignment's unreliable line."""

    sleep_chance: float
    sleep_multiplier: float

    def be_slow_or_not(self) -> None:
        if random.random() < self.sleep_chance:
            time.sleep(random.random() * self.sleep_multiplier)


class ScheduleProvider:
    """Gives the current block's targets, as slow as the assignment's."""

    def __init__(
        self,
        schedule: list[dict[AssetId, PowerTarget]],
        sleep_chance: float = 0.1,
        sleep_multiplier: float = 1.0,
        exception_chance: float = 0.0,  # noqa: ARG002 - the surface is the assignment's
    ) -> None:
        self._schedule = schedule
        self._line = _Line(sleep_chance, sleep_multiplier)

    def get_current_power_targets(self) -> dict[AssetId, PowerTarget]:
        """The targets of the block in which the call ends."""
        self._line.be_slow_or_not()
        return self._schedule[Clock.get_current_time_block()]


class DeviceController:
    """One device; its id says how it fails."""

    def __init__(
        self,
        asset_id: AssetId,
        potential_power_outputs: list[int] | None = None,
        sleep_chance: float = 0.1,
        sleep_multiplier: float = 1.0,
        exception_chance: float = 0.0,  # noqa: ARG002 - the surface is the assignment's
    ) -> None:
        fault, _, number = asset_id.partition("-")
        self._asset_id = asset_id
        self._fault = fault
        self._number = int(number)
        self._potentials = potential_power_outputs or [0] * TIME_BLOCKS
        self._line = _Line(sleep_chance, sleep_multiplier)
        self._power_target: PowerTarget = 0

    def set_power_target(self, power_target: PowerTarget) -> None:
        """Be slow, fail or hang; else print and store."""
        place = RECORD.begin(SET, self._number, power_target)
        self._suffer("Could not set power target", place)
        print(f"[{self._asset_id}] Power set: {power_target}")
        self._power_target = power_target
        RECORD.end(place)

    def get_device_status(self) -> DeviceStatus:
        """Be slow, fail or hang; else tell output and potential."""
        place = RECORD.begin(READ, self._number)
        self._suffer("Could not read device status", place)
        potential = self._potentials[Clock.get_current_time_block()]
        RECORD.end(place)
        return DeviceStatus(min(self._power_target, potential), potential)

    def _suffer(self, failure: str, place: int) -> None:
        if self._fault == "hang" and time.monotonic() - (Clock.started_s or 0.0) >= _HANG_AFTER_S:
            _FOR_EVER.acquire()
        self._line.be_slow_or_not()
        if self._fault == "raise":
            RECORD.end(place)
            raise Exception(failure)  # noqa: TRY002 - as the assignment does
