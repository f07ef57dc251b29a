"""What the law remembers from tick to tick, and what it learns from a reading.

All powers in kW; charge and import are positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from energy_manager.domain.peak_shaving.grid_limit.readings import PccReading, Rounds, is_sound
from energy_manager.domain.peak_shaving.grid_limit.settings import GridLimitSettings

# A reading older than this many ticks is not believed; the target is held for as long again, then made safe.
STALE_TICKS = 3.0
# The trim grows with what is violated (1/s), fades (s) while nothing is, and never exceeds a share of the power.
TRIM_GAIN_PER_S = 0.05
TRIM_FADES_S = 60.0
MOST_TRIM_SHARE = 0.2
# An estimated standard deviation counts up to this share of the storage's power: more is load, not noise.
MOST_NOISE_SHARE = 0.02
# The storage is on its way when its charge changes by this share of its power in a tick, or by so many usual jumps of
# the base. It takes more of both to tell from noise whose word is late.
LEAST_STRIDE_SHARE = 0.01
JUMPS_OF_A_STRIDE = 2.0
LEAST_MOVE_SHARE = 0.05
JUMPS_OF_A_SKEW = 20.0
# What others deliver is expected to go on as it did until a target acts: a tick, and half of one for the device.
AHEAD_TICKS = 1.5
# Readings at most so far apart follow each other.
SAME_ROW_TICKS = 1.5
# Tracking the median of the base's jumps: the share of itself that the estimate moves with a reading, and its floor.
_NOISE_STEP = 0.05
_LEAST_JUMP_KW = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitMemory:
    """What the law remembers from tick to tick; begin with ``GridLimitMemory()``.

    ``deviates`` is -1 while the target is kept below the schedule (import limit), 1 while above (export limit), else 0.
    """

    target_kw: float = 0.0
    course_kw: float = 0.0
    """The target without what was added for a moment ahead."""
    decided_at_s: float | None = None
    reading: PccReading | None = None
    """The last good reading."""
    rounds: Rounds = field(default_factory=Rounds)
    """It and those before, by which the base is known."""
    trim_kw: float = 0.0
    """By how much the import limit (positive) or the export limit (negative) is tightened."""
    deviates: int = 0
    room_since_s: float | None = None
    room_to_kw: float = 0.0
    """How far back to the schedule there has been room ever since ``room_since_s``."""
    jump_kw: float | None = None
    """The estimated median of the base's jumps from reading to reading."""
    beside_kw: float | None = None
    """What others delivered at the last tick."""
    beside_rose_kw: float = 0.0
    """By how much they delivered more at the last tick than at the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the PCC carries without the storage: now, and where others go on as they do when the target acts."""

    now_kw: float
    ahead_kw: float
    beside_kw: float | None
    beside_rose_kw: float

    @classmethod
    def of(cls, memory: GridLimitMemory, reading: PccReading | None) -> Base:
        """The base by the newest word of meter, storage and others."""
        if not memory.rounds.heard:
            return cls(now_kw=0.0, ahead_kw=0.0, beside_kw=None, beside_rose_kw=0.0)
        beside_kw = _beside_kw(memory, reading)
        rose_kw = 0.0 if memory.beside_kw is None else beside_kw - memory.beside_kw
        # Only what goes on for two ticks is a course; the smaller rise of the two is what it is sure to be.
        lasting = min(rose_kw, memory.beside_rose_kw, key=abs) if rose_kw * memory.beside_rose_kw > 0.0 else 0.0
        now_kw = memory.rounds.base_with_kw(beside_kw)
        return cls(
            now_kw=now_kw,
            ahead_kw=now_kw - AHEAD_TICKS * lasting,
            beside_kw=beside_kw,
            beside_rose_kw=rose_kw,
        )


def learned_from(
    settings: GridLimitSettings, memory: GridLimitMemory, reading: PccReading | None, *, now_s: float
) -> GridLimitMemory:
    """The memory after a reading: the trim for what is violated, and how restless the base is."""
    if reading is None or not reading.is_complete:
        return memory
    needs_energy = settings.min_kwh is not None or settings.capacity_kwh is not None
    if needs_energy and not is_sound(reading.stored_kwh):
        return memory
    last = memory.reading
    if not reading.at_s <= now_s or (last is not None and reading.at_s <= last.at_s):
        return memory
    since_s = settings.tick_s if last is None else min(reading.at_s - last.at_s, STALE_TICKS * settings.tick_s)
    jump = memory.jump_kw
    least_kw = max(LEAST_MOVE_SHARE * settings.full_power_kw, JUMPS_OF_A_SKEW * (jump or 0.0))
    rounds = memory.rounds.after(
        reading,
        is_next=since_s < SAME_ROW_TICKS * settings.tick_s,
        least_kw=least_kw,
        beside_kw=_beside_kw(memory, reading),
    )
    within_kw = max(LEAST_STRIDE_SHARE * settings.full_power_kw, JUMPS_OF_A_STRIDE * (jump or 0.0))
    if last is not None:
        newest = abs(rounds.base_kw - memory.rounds.base_kw)
        jump = newest if jump is None else jump * (1.0 + _NOISE_STEP if newest > jump else 1.0 - _NOISE_STEP)
        jump = min(max(jump, _LEAST_JUMP_KW), MOST_NOISE_SHARE * settings.full_power_kw)
    trim = _trimmed(settings, memory, rounds, since_s=since_s, within_kw=within_kw)
    return replace(memory, reading=reading, rounds=rounds, trim_kw=trim, jump_kw=jump)


def _beside_kw(memory: GridLimitMemory, reading: PccReading | None) -> float:
    """What others deliver; who says nothing delivers what was known last."""
    if reading is not None and is_sound(reading.beside_kw):
        assert reading.beside_kw is not None
        return reading.beside_kw
    return memory.beside_kw or 0.0


def _trimmed(
    settings: GridLimitSettings, memory: GridLimitMemory, rounds: Rounds, *, since_s: float, within_kw: float
) -> float:
    """The trim after one more round: it grows with what is violated though the storage has come to rest.

    While it moves, or the meter has not seen it move, the feed-forward is at work and needs no help.
    """
    waits = 1 + abs(rounds.skew)
    excess = 0.0
    if rounds.rested_for(waits, within_kw=within_kw):
        overs = [over(settings, import_kw) for import_kw in rounds.imports_kw[-waits - 1 :]]
        excess = max(min(overs), 0.0) + min(max(overs), 0.0)
    faded = memory.trim_kw if excess else memory.trim_kw * math.exp(-since_s / TRIM_FADES_S)
    if excess * faded < 0.0:
        faded = 0.0  # the other limit is exceeded now, and its trim begins anew
    most = MOST_TRIM_SHARE * settings.full_power_kw
    return min(max(faded + TRIM_GAIN_PER_S * excess * since_s, -most), most)


def over(settings: GridLimitSettings, import_kw: float) -> float:
    """By how much the import limit (positive) or the export limit (negative) is exceeded."""
    return max(import_kw - settings.import_limit_kw, 0.0) - max(-import_kw - settings.export_limit_kw, 0.0)
