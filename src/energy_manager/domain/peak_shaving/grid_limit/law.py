"""The fast loop: keep the measured power at the PCC inside its limits with the storage, and return to the schedule.

The idea: what the PCC would carry without the storage, the *base*, is the meter's reading less the storage's own of the
same moment (``readings``). It does not depend on what the storage was told, so the law is a
feed-forward: the charge must lie in the band that base and limits leave, and neither a lag nor a dead time of the
storage can make it swing. Leaving the schedule happens at once; the way back waits until there has been room for a
while and is slow, so that noise and a restless load do not move the storage to and fro. A small integral trim helps
where the storage does less than it says; it tightens the limit that was exceeded and never widens the other.

What others deliver (the sun) is measured at themselves: by that the base is known anew while the meter's word is late
or missing, and a rise that lasts for two ticks is met where it will be when the target acts. That, and the push to a
storage that is slow on its way, are added to what is told and forgotten: neither needs a way back.

A storage that is led by what its energy is worth (least cost) has a second band, of grid exchange in which it rests. It
is nested inside the limits' band: the same clamp, twice, and the hard limit stays outside and stronger.

All powers in kW; charge and import are positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from energy_manager.domain.peak_shaving.grid_limit.learning import (
    LEAST_STRIDE_SHARE,
    STALE_TICKS,
    Base,
    GridLimitMemory,
    learned_from,
    over,
)
from energy_manager.domain.peak_shaving.grid_limit.readings import PccReading, is_sound
from energy_manager.domain.peak_shaving.grid_limit.settings import GridLimitSettings
from energy_manager.domain.storage_value.resting_band import Band

# How long there must be room before the storage starts back to its schedule.
HOLD_S = 10.0
# The way back takes this long for the storage's whole power.
RETURN_S = 60.0
# Distance from a limit: this, or this share of it where that is less, and at least 2.5 standard deviations of the meter
# (one reading in 160 beyond it).
LEAST_MARGIN_KW = 0.5
LEAST_MARGIN_SHARE = 0.02
MARGIN_SIGMAS = 2.5
# Distance from the limits never takes more than this share of the band between them.
MOST_MARGIN_SHARE = 0.25
# A storage that is slow on its way is told so much more of what it lacks.
PUSH_SHARE = 0.5
# Stored energy must last, or have room, for this many ticks of full power; else the power is reduced.
ENERGY_TICKS = 3.0
# The median of |difference of two normal readings| is 0.954 standard deviations of one.
_MEDIAN_OF_JUMPS = 0.954

Reason = Literal["schedule", "import limit", "export limit", "both limits", "returning", "held", "safe", "band"]


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
    learned = learned_from(settings, memory, reading, now_s=now_s)
    known = learned.reading
    age_ticks = math.inf if known is None else (now_s - known.at_s) / settings.tick_s
    base = Base.of(learned, reading)
    band = _band(settings, learned, base.now_kw)
    if known is None or age_ticks > STALE_TICKS:
        course = _without_reading(
            settings,
            learned,
            band if age_ticks <= 2.0 * STALE_TICKS else None,
            scheduled,
            elapsed_s=elapsed_s,
        )
    elif (rests := None if resting is None else resting(known.stored_kwh)) is not None:
        course = _within(band, rests.charge_kw(base.now_kw))
    else:
        neutral_kw = -base.now_kw
        course = _with_reading(
            settings, learned, band, scheduled, neutral_kw=neutral_kw, now_s=now_s, elapsed_s=elapsed_s
        )
    told = course if course.reason == "safe" else _ahead(course, _band(settings, learned, base.now_kw, base.ahead_kw))
    pushed_kw = told.wanted_kw + _push_kw(settings, learned, reading)
    target = _within_storage(settings, memory, known, pushed_kw, elapsed_s=elapsed_s)
    demanded_kw = _within_storage(settings, memory, known, told.wanted_kw, elapsed_s=elapsed_s)
    return GridLimitDecision(
        target_kw=target,
        reason=told.reason,
        shortfall_kw=abs(told.wanted_kw - demanded_kw) if told.reason in _DEMANDED else 0.0,
        memory=replace(
            learned,
            target_kw=target,
            course_kw=_within_storage(settings, memory, known, course.wanted_kw, elapsed_s=elapsed_s),
            decided_at_s=now_s,
            deviates=course.deviates,
            room_since_s=course.room_since_s,
            room_to_kw=course.room_to_kw,
            beside_kw=base.beside_kw,
            beside_rose_kw=base.beside_rose_kw,
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


def _band(settings: GridLimitSettings, memory: GridLimitMemory, *bases_kw: float) -> _Band:
    """The charge that keeps the PCC inside its limits under each of the bases, with the margins and the trim."""
    export_margin = _margin_kw(settings, memory, settings.export_limit_kw)
    import_margin = _margin_kw(settings, memory, settings.import_limit_kw)
    return _Band(
        low_kw=-min(bases_kw) - settings.export_limit_kw + export_margin + max(-memory.trim_kw, 0.0),
        high_kw=-max(bases_kw) + settings.import_limit_kw - import_margin - max(memory.trim_kw, 0.0),
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
    allowed, target, deviates = band.nearest(scheduled), memory.course_kw, memory.deviates
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


def _ahead(course: _Course, band: _Band) -> _Course:
    """The course, or as much further as keeps the limits also where others go on as they do."""
    told = band.nearest(course.wanted_kw)
    if told == course.wanted_kw:
        return course
    return replace(course, wanted_kw=told, reason=_limit_named(band, course.wanted_kw))


def _push_kw(settings: GridLimitSettings, memory: GridLimitMemory, reading: PccReading | None) -> float:
    """What is told beyond the course to a storage that is slow on its way to it while a limit is exceeded.

    Only where it lacks more than it moves in a tick, so that it does not get there before it is told the course again:
    one that lags comes sooner, one that ramps comes as it does.
    """
    if memory.reading is not reading or memory.rounds.heard < 2:
        return 0.0
    over_kw = over(settings, memory.rounds.imports_kw[-1])
    before_kw, charge_kw = memory.rounds.charges_kw[-2:]
    moved_kw, lacks_kw = charge_kw - before_kw, memory.course_kw - charge_kw
    is_on_its_way = over_kw * moved_kw < 0.0 and lacks_kw * moved_kw > 0.0
    is_slow = LEAST_STRIDE_SHARE * settings.full_power_kw < abs(moved_kw) < abs(lacks_kw)
    return PUSH_SHARE * lacks_kw if is_on_its_way and is_slow else 0.0


def _without_reading(
    settings: GridLimitSettings, memory: GridLimitMemory, band: _Band | None, scheduled: float, *, elapsed_s: float
) -> _Course:
    """Hold for a while, but for what others are known to change; then the schedule between rest and what was right.

    ``band`` is what the limits leave by the last reading and by what others deliver since; None when it is too old.
    Without a meter the grid may be at either of its limits, so that only less power than was last right is safe.
    """
    reason: Reason = "safe"
    target = memory.course_kw
    if band is not None:
        reason = "held" if band.nearest(target) == target else _limit_named(band, target)
        target = band.nearest(target)
    else:
        safe = min(max(scheduled, min(target, 0.0)), max(target, 0.0))
        target = _towards(target, safe, at_most=settings.full_power_kw / RETURN_S * elapsed_s)
    return _Course(wanted_kw=target, reason=reason, deviates=(target > scheduled) - (target < scheduled))


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
