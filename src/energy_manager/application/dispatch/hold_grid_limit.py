"""Inside the tick: the storage keeps the measured power at the PCC inside its limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.least_cost import Guidance, Leading
from energy_manager.domain.peak_shaving.grid_limit import (
    STALE_TICKS,
    GridLimitDecision,
    GridLimitMemory,
    GridLimitSettings,
    PccReading,
    decide,
)
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.storage_value.resting_band import SELF_CONSUMPTION, Band
from energy_manager.domain.storage_value.told_mode import CHARGE, FEED, NORMAL, mode_of_power, told_mode

RELEASED = "released"
"""Why a storage has no target: no schedule covers it, and the limits need nothing of it."""

NOBODY: Mapping[AssetId, str] = {}

LEFT_OF_A_TARGET_S = 10.0
"""So long after its last target a released storage may still be on its way from it, or measure that."""

SAME_ROUND_TICKS = 0.5
"""Meter and storage whose reads began further apart than this share of a tick were not read in the same round."""


SURELY_PROMPT = 3
"""Rounds in a row with a new value, of which each pause takes one back, until an asset counts as slow again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spoken:
    """What an asset delivered at its last word, and by how much that was ``more_w`` than before.

    Only one that has something new at each round says what has changed since the meter spoke: what one says that makes
    its value anew every ten seconds the meter knew long ago. ``prompt`` counts rounds in a row with something new.
    """

    at_s: float = -math.inf
    output_w: float = 0.0
    more_w: float = 0.0
    has_changed: bool = False
    prompt: int = 0

    def then(self, at_s: float, output_w: float, *, longest_s: float) -> _Spoken:
        """After a status; one that comes after longer than that says nothing of what happened meanwhile."""
        if at_s <= self.at_s:
            return replace(self, more_w=0.0)
        if at_s - self.at_s > longest_s:
            return _Spoken(at_s=at_s, output_w=output_w, prompt=self.prompt)
        has_changed, prompt = output_w != self.output_w, self.prompt
        if has_changed:
            prompt = min(prompt + 1, SURELY_PROMPT) if self.has_changed else max(prompt - 1, 0)
        more_w = output_w - self.output_w if prompt else 0.0
        return _Spoken(at_s=at_s, output_w=output_w, more_w=more_w, has_changed=has_changed, prompt=prompt)


@dataclass(slots=True, kw_only=True)
class HoldGridLimit:
    """Asks the control law for the storage's target, and remembers for it from tick to tick.

    ``beside`` are others that tell what they deliver (the sun, other storages): by them the law knows what has changed
    since the meter spoke, so they are read in the meter's round. ``kw_per_step`` is the site's power unit in kW. A
    storage that ``runs_by_itself`` is released while no schedule covers it and the limits need nothing of it. What it
    was doing by itself is then its schedule: it is begun again when that no longer fits the limits, and released when
    it would fit again.

    Where the storage's schedule is that of the plan behind ``guidance``, it follows what its energy is worth at this
    moment instead of the plan's power: the band of grid exchange, nested inside the limits. One that
    ``knows_modes_only`` is told the mode that the band is. One that ``is_planned`` so takes surplus and covers load
    while there is no plan of it, unless it does so by itself.
    """

    settings: GridLimitSettings
    meter: AssetId
    storage: AssetId
    kw_per_step: float
    beside: tuple[AssetId, ...] = ()
    runs_by_itself: bool = False
    guidance: Callable[[], Guidance | None] = lambda: None
    knows_modes_only: bool = False
    is_planned: bool = False
    _by_itself_kw: float | None = field(default=None, init=False)
    _usual_kw: float | None = field(default=None, init=False)
    _told_at_s: float = field(default=-math.inf, init=False)
    _memory: GridLimitMemory = field(default_factory=GridLimitMemory, init=False)
    _beside_kw: float = field(default=0.0, init=False)
    _beside: dict[AssetId, _Spoken] = field(default_factory=dict, init=False)

    @property
    def measured(self) -> tuple[AssetId, ...]:
        """Whom to read before each tick."""
        return (self.meter, self.storage, *self.beside)

    def __call__(
        self,
        scheduled: Mapping[AssetId, int],
        statuses: Mapping[AssetId, AssetStatus],
        *,
        now_s: float,
        at: datetime | None = None,
        decided_by: Mapping[AssetId, str] = NOBODY,
    ) -> GridHold:
        """The storage's target at this tick; ``scheduled`` may leave the storage out (then: 0).

        ``at`` is the time of day of ``now_s``, ``decided_by`` says whose word the schedule is.
        """
        reading = self._reading(statuses)
        guidance = self.guidance()
        if guidance is not None and at is not None and decided_by.get(self.storage) == guidance.schedule:
            self._by_itself_kw = None
            return self._guided(guidance, reading, scheduled, now_s=now_s, at_s=at.timestamp())
        if self.is_planned and self.storage not in scheduled and not self.runs_by_itself:
            return self._unplanned(reading, now_s=now_s)
        if self.storage in scheduled or not self.runs_by_itself:
            self._by_itself_kw = None
            return self._held(reading, charge_kw=-scheduled.get(self.storage, 0) * self.kw_per_step, now_s=now_s)
        by_itself_kw = self._by_itself_kw
        if by_itself_kw is None:
            by_itself_kw = self._usual_kw = self._by_itself_now_kw(reading, now_s=now_s)
        if by_itself_kw is None:
            return self._hold(reading, None)
        told_at_s = self._told_at_s
        hold = self._held(reading, charge_kw=by_itself_kw, now_s=now_s)
        is_unknown = self._by_itself_kw is None and hold.reason in {"held", "safe"}
        if hold.reason == "schedule" or is_unknown:
            self._by_itself_kw, self._told_at_s = None, told_at_s
            return self._hold(reading, None)
        self._by_itself_kw = by_itself_kw
        return hold

    def _by_itself_now_kw(self, reading: PccReading | None, *, now_s: float) -> float | None:
        """What a released storage does by itself: what it measures, but not what is left of its last target."""
        if now_s - self._told_at_s < LEFT_OF_A_TARGET_S:
            return self._usual_kw or 0.0
        return None if reading is None else reading.charge_kw

    def _guided(
        self,
        guidance: Guidance,
        reading: PccReading | None,
        scheduled: Mapping[AssetId, int],
        *,
        now_s: float,
        at_s: float,
    ) -> GridHold:
        """The target inside the band that the plan leads to; without a reading, or a step, the plan's power."""
        followed: tuple[Leading, Band] | None = None

        def resting(stored_kwh: float | None) -> Band | None:
            nonlocal followed
            leading = None if stored_kwh is None else guidance.at(at_s, stored_kwh)
            if leading is None:
                return None
            settings = self.settings
            band = leading.band(import_limit_kw=settings.import_limit_kw, export_limit_kw=settings.export_limit_kw)
            followed = leading, band
            return band

        charge_kw = -scheduled.get(self.storage, 0) * self.kw_per_step
        decision = decide(self.settings, self._memory, reading, scheduled_kw=charge_kw, now_s=now_s, resting=resting)
        self._memory, self._told_at_s = decision.memory, now_s
        if followed is None:
            return self._hold(reading, decision)
        leading, band = followed
        return replace(
            self._hold(reading, decision, led=leading.mode.value),
            plan=guidance.plan,
            mode=leading.mode.value,
            buy_per_kwh=leading.prices.buy,
            sell_per_kwh=leading.prices.sell,
            next_value_per_kwh=leading.next_value,
            last_value_per_kwh=leading.last_value,
            band_lo_kw=band.lo_kw,
            band_hi_kw=band.hi_kw,
            currency=guidance.currency,
            refill=leading.refill,
        )

    def _unplanned(self, reading: PccReading | None, *, now_s: float) -> GridHold:
        """The target by the self-consumption rule; without a reading it rests."""
        decision = decide(
            self.settings, self._memory, reading, scheduled_kw=0.0, now_s=now_s, resting=lambda _: SELF_CONSUMPTION
        )
        self._memory, self._told_at_s = decision.memory, now_s
        led = NORMAL if decision.reason == "band" else ""
        return self._hold(reading, decision, led=led)

    def _mode(self, decision: GridLimitDecision, *, led: str = "") -> str:
        """What a storage is told that knows modes only; where a limit decides, what comes nearest to the power."""
        if not self.knows_modes_only:
            return ""
        charge_kw, settings = decision.target_kw, self.settings
        # A full charge or discharge goes up to a limit, which then is its reason.
        if not led or (decision.reason != "band" and led not in {CHARGE, FEED}):
            led = mode_of_power(-charge_kw)
            if decision.reason == "schedule":
                return led
        return told_mode(
            led,
            charge_kw=charge_kw,
            max_charge_kw=settings.max_charge_kw,
            max_discharge_kw=settings.max_discharge_kw,
        )

    def _held(self, reading: PccReading | None, *, charge_kw: float, now_s: float) -> GridHold:
        """The target after the control law, which is to leave ``charge_kw`` no further than it must."""
        decision = decide(self.settings, self._memory, reading, scheduled_kw=charge_kw, now_s=now_s)
        self._memory, self._told_at_s = decision.memory, now_s
        return self._hold(reading, decision)

    def _hold(self, reading: PccReading | None, decision: GridLimitDecision | None, *, led: str = "") -> GridHold:
        """What is told by a decision; without one the storage is released."""
        return GridHold(
            storage=self.storage,
            target=None if decision is None else -self._whole_charge(decision),
            import_kw=None if reading is None else reading.import_kw,
            import_limit_kw=self.settings.import_limit_kw,
            export_limit_kw=self.settings.export_limit_kw,
            reason=RELEASED if decision is None else decision.reason,
            shortfall_kw=0.0 if decision is None else decision.shortfall_kw,
            told_mode="" if decision is None else self._mode(decision, led=led),
        )

    def _reading(self, statuses: Mapping[AssetId, AssetStatus]) -> PccReading | None:
        """Meter and storage if they were read in the same round; skew would be mistaken for load.

        Without the meter what the storage and the others say is told all the same.
        """
        self._listen(statuses)
        meter, storage = statuses.get(self.meter), statuses.get(self.storage)
        if storage is None:
            return None
        is_round = meter is not None and self._is_round(meter, storage)
        return PccReading(
            at_s=min(meter.taken_at_s, storage.taken_at_s) if meter is not None and is_round else storage.taken_at_s,
            import_kw=_taken_kw(meter) if meter is not None and is_round else None,
            charge_kw=_taken_kw(storage),
            stored_kwh=None if storage.stored_wh is None else storage.stored_wh / 1000,
            beside_kw=self._beside_kw,
        )

    def _is_round(self, meter: AssetStatus, storage: AssetStatus) -> bool:
        return abs(meter.taken_at_s - storage.taken_at_s) <= SAME_ROUND_TICKS * self.settings.tick_s

    def _listen(self, statuses: Mapping[AssetId, AssetStatus]) -> None:
        """Add up what the others have changed from round to round."""
        longest_s = STALE_TICKS * self.settings.tick_s
        for asset_id in self.beside:
            status = statuses.get(asset_id)
            if status is None or status.output_w is None:
                continue
            last = self._beside.get(asset_id, _Spoken())
            self._beside[asset_id] = said = last.then(status.taken_at_s, status.output_w, longest_s=longest_s)
            self._beside_kw += said.more_w / 1000

    def _whole_charge(self, decision: GridLimitDecision) -> int:
        """The charge in whole steps: rounded to the safe side of the limit that binds, the storage's own first."""
        charge = decision.target_kw / self.kw_per_step
        if decision.shortfall_kw > 0.0:
            return math.trunc(charge)
        if decision.memory.deviates:
            return math.floor(charge) if decision.memory.deviates < 0 else math.ceil(charge)
        return round(charge)


def _taken_kw(status: AssetStatus) -> float | None:
    """What the asset takes: the import of a meter, the charge of a storage."""
    return None if status.output_w is None else -status.output_w / 1000
