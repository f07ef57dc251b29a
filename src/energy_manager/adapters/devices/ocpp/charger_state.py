"""What a charger has said so far, and what is known from it; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from energy_manager.adapters.devices.ocpp.meter_values import Sample
from energy_manager.adapters.devices.templated.channels.decoding import PointValue

# OCPP 1.6, section 7.7. In these states no car draws power, whatever was sampled before.
IDLE = frozenset({"Available", "Preparing", "SuspendedEVSE", "SuspendedEV", "Finishing", "Reserved"})
OUT_OF_ORDER = frozenset({"Unavailable", "Faulted"})
WITHOUT_A_CAR = frozenset({"Available", "Reserved"}) | OUT_OF_ORDER
"""In these states it can be told what one likes: nothing will be taken."""

STEADY_S = 5.0
_NEVER_S = float("-inf")
_MISSING = PointValue(value=None, taken_at_s=_NEVER_S)


@dataclass(slots=True)
class StampClock:
    """How old a charger's stamps are.

    A stamp counts where it is older than the arrival: a charger that was offline delivers later what it had measured.
    Three stamps in a row that are equally late are no old values but a clock that goes wrong; then what is later than
    the least late of them is the age.
    """

    _late_s: deque[float] = field(default_factory=lambda: deque(maxlen=3))

    def age_s(self, stamp: datetime | None, arrived_at: datetime) -> float:
        """The age at its arrival of what bears this stamp, in seconds; None: it came at once."""
        if stamp is None:
            return 0.0
        late_s = (arrived_at - stamp).total_seconds()
        self._late_s.append(late_s)
        is_steady = len(self._late_s) == self._late_s.maxlen and max(self._late_s) - min(self._late_s) < STEADY_S
        return max(0.0, late_s - min(self._late_s) if is_steady else late_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charging:
    """A charging that has begun: its number, and what the meter showed then, in Wh."""

    transaction_id: int
    meter_start_wh: float


@dataclass(slots=True)
class ChargerState:
    """Written in the thread of the connections, read in lanes; each value is put in one assignment.

    ``heard_at_s`` is when the charger gave its last sign of life, ``transaction_id`` that of the charging that goes on.
    """

    status: str | None = None
    status_at_s: float = _NEVER_S
    heard_at_s: float = _NEVER_S
    transaction_id: int | None = None
    serial: str | None = None
    model: str | None = None
    load_w: PointValue = _MISSING
    soc_percent: PointValue = _MISSING
    current_a: PointValue = _MISSING
    _energy: PointValue = _MISSING
    _energy_at_arrival_wh: float | None = None
    _before_this_run: Charging | None = None

    def remember_from_before(self, charging: Charging) -> None:
        """What an earlier run of the product knew of a charging that may go on."""
        self._before_this_run = charging

    def note_start(self, charging: Charging) -> None:
        """A car began to charge."""
        self.transaction_id, self._energy_at_arrival_wh = charging.transaction_id, charging.meter_start_wh

    def note_transaction(self, transaction_id: int) -> None:
        """It says to which charging its samples belong."""
        self.transaction_id, known = transaction_id, self._before_this_run
        if known is not None and known.transaction_id == transaction_id:
            self._energy_at_arrival_wh, self._before_this_run = known.meter_start_wh, None

    def note_status(self, status: str, *, at_s: float) -> None:
        """It said in which state its connector is."""
        self.status_at_s, self.status = at_s, status
        if status in WITHOUT_A_CAR:
            self.transaction_id = self._energy_at_arrival_wh = None
            self.soc_percent = _MISSING

    def note_sample(self, sample: Sample, *, at_s: float) -> None:
        """It measured something, ``at_s``; what is older than what is known is passed over."""
        power_w = sample.power_w
        if power_w is None and sample.energy_wh is not None:
            power_w = self._mean_power_w(sample.energy_wh, at_s)
        if sample.energy_wh is not None and at_s > self._energy.taken_at_s:
            self._energy = PointValue(value=sample.energy_wh, taken_at_s=at_s)
            if self._energy_at_arrival_wh is None and self.has_car:
                self._energy_at_arrival_wh = sample.energy_wh
        for name, value in (("load_w", power_w), ("soc_percent", sample.soc_percent), ("current_a", sample.current_a)):
            if value is not None and at_s >= getattr(self, name).taken_at_s:
                setattr(self, name, PointValue(value=value, taken_at_s=at_s))

    def _mean_power_w(self, energy_wh: float, at_s: float) -> float | None:
        """The power since the last reading of the energy register, for chargers that sample nothing else."""
        before, passed_s = self._energy.value, at_s - self._energy.taken_at_s
        if before is None or not 1.0 <= passed_s <= 120.0 or energy_wh < before:
            return None
        return (energy_wh - before) * 3600.0 / passed_s

    @property
    def is_idle(self) -> bool:
        """Whether no power is drawn, by its state, which is newer than what was measured last."""
        is_said = self.status in IDLE | OUT_OF_ORDER
        return is_said and self.status_at_s >= self.load_w.taken_at_s

    @property
    def power(self) -> PointValue:
        """What the car takes, W: 0 for as long as an idle charger gives signs of life, else as measured."""
        return PointValue(value=0.0, taken_at_s=self.heard_at_s) if self.is_idle else self.load_w

    @property
    def has_car(self) -> bool:
        """Whether it has said that a car is there."""
        return self.status is not None and self.status not in WITHOUT_A_CAR

    @property
    def taken_wh(self) -> PointValue:
        """What the car that is there has taken since it came; missing without a car."""
        if not self.has_car:
            return _MISSING
        since, now = self._energy_at_arrival_wh, self._energy.value
        taken = 0.0 if since is None or now is None else max(0.0, now - since)
        return PointValue(value=taken, taken_at_s=self.heard_at_s)

    @property
    def can_charge(self) -> bool:
        """Whether a car is there that could take power."""
        return self.status not in WITHOUT_A_CAR
