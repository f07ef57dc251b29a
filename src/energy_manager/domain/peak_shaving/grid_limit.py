"""The fast loop: keep the measured power at the PCC inside its limits with the storage, and return to the schedule.

The idea: what the PCC would carry without the storage, the *base*, is the meter's reading less the storage's own, as
long as both were read in the same round. It does not depend on what the storage was told, so the law is a
feed-forward: the charge must lie in the band that base and limits leave, and neither a lag nor a dead time of the
storage can make it swing. Leaving the schedule happens at once; the way back waits until there has been room for a
while and is slow, so that noise and a restless load do not move the storage to and fro. A small integral trim helps
where the storage is slow or does less than it says; it tightens the limit that was exceeded and never widens the other.

A storage that is led by what its energy is worth (least cost) has a second band, of grid exchange in which it rests. It
is nested inside the limits' band: the same clamp, twice, and the hard limit stays outside and stronger.

All powers in kW; charge and import are positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.series import LARGEST
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
# Tracking the median of the base's jumps: the share of itself that the estimate moves with a reading, and its floor.
_NOISE_STEP = 0.05
_LEAST_JUMP_KW = 0.01
# The median of |difference of two normal readings| is 0.954 standard deviations of one.
_MEDIAN_OF_JUMPS = 0.954

Reason = Literal["schedule", "import limit", "export limit", "both limits", "returning", "held", "safe", "band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitSettings:
    """The limits of PCC and storage, and how often the law is asked.

    ``tick_s`` is the time from one decision to the next. ``meter_sigma_kw`` is the standard deviation of a reading of
    the meter; None to estimate it. ``min_kwh`` and ``capacity_kwh`` are None where the storage does not tell its stored
    energy. ``ramp_kw_per_s`` bounds the change of the target, None for no bound. ``margin_kw`` is the distance kept
    from the limits whatever the meter's noise; None: 2 % of a limit, at most 0.5 kW, or 2.5 standard deviations.

    Raises:
        Refused: with every fault by field.
    """

    import_limit_kw: float
    export_limit_kw: float
    max_charge_kw: float
    max_discharge_kw: float
    tick_s: float
    min_kwh: float | None = None
    capacity_kwh: float | None = None
    ramp_kw_per_s: float | None = None
    meter_sigma_kw: float | None = None
    margin_kw: float | None = None

    def __post_init__(self) -> None:
        faults = [
            Fault(field=name, message=f"must be at least 0, not {value}")
            for name in ("import_limit_kw", "export_limit_kw", "max_charge_kw", "max_discharge_kw")
            if not (value := getattr(self, name)) >= 0.0
        ]
        faults += [
            Fault(field=name, message=f"must be a finite number above 0, not {value}")
            for name in ("tick_s", "ramp_kw_per_s")
            if (value := getattr(self, name)) is not None and not (math.isfinite(value) and value > 0.0)
        ]
        if self.margin_kw is not None and not 0.0 <= self.margin_kw < math.inf:
            faults.append(
                Fault(field="margin_kw", message=f"must be a finite number of at least 0, not {self.margin_kw}")
            )
        if self.min_kwh is not None and self.capacity_kwh is not None and not self.min_kwh <= self.capacity_kwh:
            faults.append(Fault(field="min_kwh", message=f"must be at most the capacity, not {self.min_kwh}"))
        if faults:
            raise Refused(faults)

    @property
    def full_power_kw(self) -> float:
        """The larger of the storage's powers."""
        return max(self.max_charge_kw, self.max_discharge_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class PccReading:
    """Meter and storage, read in one round that began at ``at_s`` (monotonic); anything may be missing or nonsense."""

    at_s: float
    import_kw: float | None
    charge_kw: float | None
    stored_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridLimitMemory:
    """What the law remembers from tick to tick; begin with ``GridLimitMemory()``.

    ``deviates`` is -1 while the target is kept below the schedule (import limit), 1 while above (export limit), else 0.
    """

    target_kw: float = 0.0
    decided_at_s: float | None = None
    reading: PccReading | None = None
    """The last good reading."""
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
    scheduled = scheduled_kw if _is_sound(scheduled_kw) else 0.0
    elapsed_s = settings.tick_s
    if memory.decided_at_s is not None:
        elapsed_s = min(max(now_s - memory.decided_at_s, 0.0), STALE_TICKS * settings.tick_s)
    learned = _learned(settings, memory, reading, now_s=now_s)
    known = learned.reading
    age_ticks = math.inf if known is None else (now_s - known.at_s) / settings.tick_s
    if known is None or age_ticks > STALE_TICKS:
        course = _without_reading(settings, learned, scheduled, age_ticks=age_ticks, elapsed_s=elapsed_s)
    else:
        band = _band(settings, learned, known)
        rests = None if resting is None else resting(known.stored_kwh)
        if rests is not None:
            course = _within(band, rests.charge_kw(_base(known)))
        else:
            neutral_kw = -_base(known)
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


def _is_sound(value: object) -> bool:
    """Whether this is a number that a power or an energy can be; truth values, text and NaN are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _learned(
    settings: GridLimitSettings, memory: GridLimitMemory, reading: PccReading | None, *, now_s: float
) -> GridLimitMemory:
    """The memory after a reading: the trim for what is violated, and how restless the base is."""
    if reading is None or not (_is_sound(reading.import_kw) and _is_sound(reading.charge_kw)):
        return memory
    needs_energy = settings.min_kwh is not None or settings.capacity_kwh is not None
    if needs_energy and not _is_sound(reading.stored_kwh):
        return memory
    last = memory.reading
    if not reading.at_s <= now_s or (last is not None and reading.at_s <= last.at_s):
        return memory
    assert reading.import_kw is not None
    over = max(reading.import_kw - settings.import_limit_kw, 0.0)
    over -= max(-reading.import_kw - settings.export_limit_kw, 0.0)
    since_s = settings.tick_s if last is None else min(reading.at_s - last.at_s, STALE_TICKS * settings.tick_s)
    faded = memory.trim_kw if over else memory.trim_kw * math.exp(-since_s / TRIM_FADES_S)
    if over * faded < 0.0:
        faded = 0.0  # the other limit is exceeded now, and its trim begins anew
    trim = faded + TRIM_GAIN_PER_S * over * since_s
    most = MOST_TRIM_SHARE * settings.full_power_kw
    jump = memory.jump_kw
    if last is not None:
        newest = abs(_base(reading) - _base(last))
        jump = newest if jump is None else jump * (1.0 + _NOISE_STEP if newest > jump else 1.0 - _NOISE_STEP)
        jump = min(max(jump, _LEAST_JUMP_KW), MOST_NOISE_SHARE * settings.full_power_kw)
    return replace(memory, reading=reading, trim_kw=min(max(trim, -most), most), jump_kw=jump)


def _base(reading: PccReading) -> float:
    """What the PCC would carry without the storage."""
    assert reading.import_kw is not None
    assert reading.charge_kw is not None
    return reading.import_kw - reading.charge_kw


def _band(settings: GridLimitSettings, memory: GridLimitMemory, reading: PccReading) -> _Band:
    """The charge that keeps the PCC inside its limits, with the margins and the trim."""
    centre = -_base(reading)
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
