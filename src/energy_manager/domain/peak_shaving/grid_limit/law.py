"""The fast loop: keep the measured power at the PCC inside its limits with the storage, and return to the schedule.

The idea: what the PCC would carry without the storage, the *base*, is the meter's reading less the storage's own of the
same moment (``readings``). It does not depend on what the storage was told, so the law is a
feed-forward: the charge must lie in the band that base and limits leave, and neither a lag nor a dead time of the
storage can make it swing. Leaving the schedule happens at once; the way back waits until there has been room for a
while and is slow, so that noise and a restless load do not move the storage to and fro. A small integral trim helps
where the storage does less than it says; it tightens the limit that was exceeded and never widens the other.

A storage that is led by what its energy is worth (least cost) has a second band, of grid exchange in which it rests. It
is nested inside the limits' band: the same clamp, twice, and the hard limit stays outside and stronger.

All powers in kW; charge and import are positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from energy_manager.domain.peak_shaving.grid_limit.readings import PccReading, Rounds, is_sound
from energy_manager.domain.peak_shaving.grid_limit.settings import GridLimitSettings
from energy_manager.domain.storage_value.resting_band import Band

# How long there must be room before the storage starts back to its schedule.
HOLD_S = 10.0
# The way back takes this long for the storage's whole power.
RETURN_S = 60.0
# A reading older than this many ticks is not believed; the target is held for as long again, then made safe.
STALE_TICKS = 3.0
# Distance from a limit: this, or this share of it where that is less, and at least 2.5 standard deviations of the meter
# (one reading in 160 beyond it).
LEAST_MARGIN_KW = 0.5
LEAST_MARGIN_SHARE = 0.02
MARGIN_SIGMAS = 2.5
# Distance from the limits never takes more than this share of the band between them.
MOST_MARGIN_SHARE = 0.25
# The trim grows with what is violated (1/s), fades (s) while nothing is, and never exceeds a share of the power.
TRIM_GAIN_PER_S = 0.05
TRIM_FADES_S = 60.0
MOST_TRIM_SHARE = 0.2
# Stored energy must last, or have room, for this many ticks of full power; else the power is reduced.
ENERGY_TICKS = 3.0
# An estimated standard deviation counts up to this share of the storage's power: more is load, not noise.
MOST_NOISE_SHARE = 0.02
# The storage moves when its charge changes by this share of its power, or by so many usual jumps of the base. It takes
# more of those to tell from noise whose word is late.
LEAST_MOVE_SHARE = 0.05
JUMPS_OF_A_MOVE = 2.0
JUMPS_OF_A_SKEW = 20.0
# Readings at most so far apart follow each other.
SAME_ROW_TICKS = 1.5
# Tracking the median of the base's jumps: the share of itself that the estimate moves with a reading, and its floor.
_NOISE_STEP = 0.05
_LEAST_JUMP_KW = 0.01
# The median of |difference of two normal readings| is 0.954 standard deviations of one.
_MEDIAN_OF_JUMPS = 0.954

Reason = Literal["schedule", "import limit", "export limit", "both limits", "returning", "held", "safe", "band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitMemory:
    """What the law remembers from tick to tick; begin with ``GridLimitMemory()``.

    ``deviates`` is -1 while the target is kept below the schedule (import limit), 1 while above (export limit), else 0.
    """

    target_kw: float = 0.0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitDecision:
    """The storage's charge target, why, and the memory for the next tick.

    ``shortfall_kw`` is how far the limits of the storage keep the target from what the limits of the PCC demand.
    """

    target_kw: float
    reason: Reason
    shortfall_kw: float
    memory: GridLimitMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """The charge that the limits of the PCC allow, and its middle where they contradict each other."""

    low_kw: float
    high_kw: float

    def nearest(self, charge_kw: float) -> float:
        if self.low_kw > self.high_kw:
            return (self.low_kw + self.high_kw) / 2.0
        return min(max(charge_kw, self.low_kw), self.high_kw)


def decide(
    settings: GridLimitSettings,
    memory: GridLimitMemory,
    reading: PccReading | None,
    *,
    scheduled_kw: float,
    now_s: float,
    resting: Callable[[float | None], Band | None] | None = None,
) -> GridLimitDecision:
    """The storage's charge target for this tick; never NaN, never beyond the storage's power.

    ``reading`` is the newest one, or None; one that is incomplete or older than the last good one changes nothing.
    ``scheduled_kw`` is the charge that the schedule holds for now; what is no number counts as 0. With ``resting``,
    which says the band at a stored energy (kWh), the storage follows that inside the limits; the schedule counts where
    there is no band, or no reading.
    """
    scheduled = scheduled_kw if is_sound(scheduled_kw) else 0.0
    elapsed_s = settings.tick_s
    if memory.decided_at_s is not None:
        elapsed_s = min(max(now_s - memory.decided_at_s, 0.0), STALE_TICKS * settings.tick_s)
    learned = _learned(settings, memory, reading, now_s=now_s)
    known = learned.reading
    age_ticks = math.inf if known is None else (now_s - known.at_s) / settings.tick_s
    if known is None or age_ticks > STALE_TICKS:
        course = _without_reading(settings, learned, scheduled, age_ticks=age_ticks, elapsed_s=elapsed_s)
    else:
        band = _band(settings, learned)
        rests = None if resting is None else resting(known.stored_kwh)
        if rests is not None:
            course = _within(band, rests.charge_kw(learned.rounds.base_kw))
        else:
            neutral_kw = -learned.rounds.base_kw
            course = _with_reading(
                settings, learned, band, scheduled, neutral_kw=neutral_kw, now_s=now_s, elapsed_s=elapsed_s
            )
    target = _within_storage(settings, memory, known, course.wanted_kw, elapsed_s=elapsed_s)
    return GridLimitDecision(
        target_kw=target,
        reason=course.reason,
        shortfall_kw=abs(course.wanted_kw - target) if course.reason in _DEMANDED else 0.0,
        memory=replace(
            learned,
            target_kw=target,
            decided_at_s=now_s,
            deviates=course.deviates,
            room_since_s=course.room_since_s,
            room_to_kw=course.room_to_kw,
        ),
    )


_DEMANDED: tuple[Reason, ...] = ("import limit", "export limit", "both limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """Where the target should go before the storage's own limits, and what the memory keeps of why."""

    wanted_kw: float
    reason: Reason
    deviates: int
    room_since_s: float | None = None
    room_to_kw: float = 0.0


def _learned(
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
    rounds = memory.rounds.after(reading, is_next=since_s < SAME_ROW_TICKS * settings.tick_s, least_kw=least_kw)
    within_kw = max(LEAST_MOVE_SHARE * settings.full_power_kw, JUMPS_OF_A_MOVE * (jump or 0.0))
    if last is not None:
        newest = abs(rounds.base_kw - memory.rounds.base_kw)
        jump = newest if jump is None else jump * (1.0 + _NOISE_STEP if newest > jump else 1.0 - _NOISE_STEP)
        jump = min(max(jump, _LEAST_JUMP_KW), MOST_NOISE_SHARE * settings.full_power_kw)
    trim = _trimmed(settings, memory, rounds, since_s=since_s, within_kw=within_kw)
    return replace(memory, reading=reading, rounds=rounds, trim_kw=trim, jump_kw=jump)


def _trimmed(
    settings: GridLimitSettings, memory: GridLimitMemory, rounds: Rounds, *, since_s: float, within_kw: float
) -> float:
    """The trim after one more round: it grows with what is violated though the storage has come to rest.

    While it moves, or the meter has not seen it move, the feed-forward is at work and needs no help.
    """
    waits = 1 + abs(rounds.skew)
    over = 0.0
    if rounds.rested_for(waits, within_kw=within_kw):
        overs = [_over(settings, import_kw) for import_kw in rounds.imports_kw[-waits - 1 :]]
        over = max(min(overs), 0.0) + min(max(overs), 0.0)
    faded = memory.trim_kw if over else memory.trim_kw * math.exp(-since_s / TRIM_FADES_S)
    if over * faded < 0.0:
        faded = 0.0  # the other limit is exceeded now, and its trim begins anew
    most = MOST_TRIM_SHARE * settings.full_power_kw
    return min(max(faded + TRIM_GAIN_PER_S * over * since_s, -most), most)


def _over(settings: GridLimitSettings, import_kw: float) -> float:
    """By how much the import limit (positive) or the export limit (negative) is exceeded."""
    return max(import_kw - settings.import_limit_kw, 0.0) - max(-import_kw - settings.export_limit_kw, 0.0)


def _band(settings: GridLimitSettings, memory: GridLimitMemory) -> _Band:
    """The charge that keeps the PCC inside its limits, with the margins and the trim."""
    centre = -memory.rounds.base_kw
    export_margin = _margin_kw(settings, memory, settings.export_limit_kw)
    import_margin = _margin_kw(settings, memory, settings.import_limit_kw)
    return _Band(
        low_kw=centre - settings.export_limit_kw + export_margin + max(-memory.trim_kw, 0.0),
        high_kw=centre + settings.import_limit_kw - import_margin - max(memory.trim_kw, 0.0),
    )


def _margin_kw(settings: GridLimitSettings, memory: GridLimitMemory, limit_kw: float) -> float:
    """The distance kept from a limit."""
    margin = settings.margin_kw
    if margin is None:
        sigma = settings.meter_sigma_kw
        if sigma is None:
            sigma = 0.0 if memory.jump_kw is None else memory.jump_kw / _MEDIAN_OF_JUMPS
        margin = max(min(LEAST_MARGIN_KW, LEAST_MARGIN_SHARE * limit_kw), MARGIN_SIGMAS * sigma)
    return min(margin, MOST_MARGIN_SHARE * (settings.import_limit_kw + settings.export_limit_kw))


def _with_reading(
    settings: GridLimitSettings,
    memory: GridLimitMemory,
    band: _Band,
    scheduled: float,
    *,
    neutral_kw: float,
    now_s: float,
    elapsed_s: float,
) -> _Course:
    """Away from the schedule at once; back to it after a while of room, slowly, and only into room there always was.

    Slowly, but not through the grid: what is discharged beyond ``-neutral_kw``, the charge at which the PCC carries
    nothing, is fed in and serves nobody, and what is charged beyond it is bought; that part ends with the hold.
    """
    allowed, target, deviates = band.nearest(scheduled), memory.target_kw, memory.deviates
    has_room = (deviates < 0 and allowed > target) or (deviates > 0 and allowed < target)
    if not has_room:
        return _Course(
            wanted_kw=allowed,
            reason=_limit_named(band, scheduled),
            deviates=(allowed > scheduled) - (allowed < scheduled),
        )
    since_s, tightest = (now_s, allowed) if memory.room_since_s is None else (memory.room_since_s, memory.room_to_kw)
    tightest = min(tightest, allowed) if deviates < 0 else max(tightest, allowed)
    target = band.nearest(target)
    # The band itself may have moved the target further back than there was room at first.
    is_used_up = deviates * (target - tightest) <= 0.0
    if now_s - since_s >= HOLD_S and not is_used_up:
        target = _not_across(target, neutral_kw, tightest, deviates)
        target = _towards(target, tightest, at_most=settings.full_power_kw / RETURN_S * elapsed_s)
        is_used_up = target == tightest
    is_back = target == scheduled
    return _Course(
        wanted_kw=target,
        reason="schedule" if is_back else "returning",
        deviates=0 if is_back else deviates,
        room_since_s=None if is_back or is_used_up else since_s,
        room_to_kw=tightest,
    )


def _not_across(target: float, neutral: float, back_to: float, deviates: int) -> float:
    """The target, or as much nearer to ``back_to`` as keeps the storage's own power from crossing the PCC."""
    if deviates < 0:
        return max(target, min(neutral, back_to))
    return min(target, max(neutral, back_to))


def _within(band: _Band, wanted: float) -> _Course:
    """What the resting band wants, inside the limits: both follow the base at once, so there is no slow way back."""
    allowed = band.nearest(wanted)
    reason = _limit_named(band, wanted)
    return _Course(
        wanted_kw=allowed,
        reason="band" if reason == "schedule" else reason,
        deviates=(allowed > wanted) - (allowed < wanted),
    )


def _limit_named(band: _Band, scheduled: float) -> Reason:
    if band.low_kw > band.high_kw:
        return "both limits"
    if scheduled > band.high_kw:
        return "import limit"
    return "export limit" if scheduled < band.low_kw else "schedule"


def _without_reading(
    settings: GridLimitSettings, memory: GridLimitMemory, scheduled: float, *, age_ticks: float, elapsed_s: float
) -> _Course:
    """Hold for a while; then the schedule, as far as it lies between rest and what was last right.

    Without a meter the grid may be at either of its limits, so that only less power than was last right is safe.
    """
    target = memory.target_kw
    is_held = age_ticks <= 2.0 * STALE_TICKS
    if not is_held:
        safe = min(max(scheduled, min(target, 0.0)), max(target, 0.0))
        target = _towards(target, safe, at_most=settings.full_power_kw / RETURN_S * elapsed_s)
    return _Course(
        wanted_kw=target,
        reason="held" if is_held else "safe",
        deviates=(target > scheduled) - (target < scheduled),
    )


def _towards(value: float, aim: float, *, at_most: float) -> float:
    return aim if abs(aim - value) <= at_most else value + math.copysign(at_most, aim - value)


def _within_storage(
    settings: GridLimitSettings, memory: GridLimitMemory, reading: PccReading | None, wanted: float, *, elapsed_s: float
) -> float:
    """The target within ramp, power and stored energy; energy and power come before the ramp."""
    if settings.ramp_kw_per_s is not None:
        wanted = _towards(memory.target_kw, wanted, at_most=settings.ramp_kw_per_s * elapsed_s)
    most_in, most_out = settings.max_charge_kw, settings.max_discharge_kw
    stored = None if reading is None else reading.stored_kwh
    lasting_h = ENERGY_TICKS * settings.tick_s / 3600.0
    if settings.min_kwh is not None:
        most_out = 0.0 if stored is None else min(most_out, max(stored - settings.min_kwh, 0.0) / lasting_h)
    if settings.capacity_kwh is not None:
        most_in = 0.0 if stored is None else min(most_in, max(settings.capacity_kwh - stored, 0.0) / lasting_h)
    return min(max(wanted, -most_out), most_in)
