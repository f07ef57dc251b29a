"""Where forecasts and the present schedule of a storage are kept, and where its new plan goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.peak_shaving import PccLimits
from energy_manager.domain.series import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Raw readings in kW, in any order, under the name that the platform's people know them by."""

    name: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimits:
    """What the plan has to keep to: the PCC's limits, the energy the storage can hold, and its power both ways."""

    pcc: PccLimits
    capacity_kwh: float
    most_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the platform knows: load and production (at least 0), schedule (positive while charging), storage, limits.

    ``schedule`` is None where there is none; then the storage rests unless it must act. ``stored_kwh`` is what it holds
    now, negative when it is below the energy that counts as empty; ``least_kwh`` is what it should never go below.
    """

    load: Forecast
    production: Forecast
    schedule: Forecast | None
    stored_kwh: float
    least_kwh: float
    limits: SiteLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeProgramme:
    """What the storage is to charge (kW, negative while discharging) in each step of ``step_s`` s from ``start`` on.

    Raises:
        Refused: there is no step, or a power is not finite. So nothing of a bad programme can reach a platform.
    """

    made_at: datetime
    start: datetime
    step_s: int
    charge_kw: tuple[float, ...]

    def __post_init__(self) -> None:
        faults = [
            Fault(field=f"charge_kw[{step}]", message=f"must be a finite number, not {charge}")
            for step, charge in enumerate(self.charge_kw)
            if not math.isfinite(charge)
        ]
        if not self.charge_kw:
            faults.append(Fault(field="charge_kw", message="must have at least one step"))
        if faults:
            raise Refused(faults)


class PlatformFailed(EnergyManagerError):
    """The platform did not do what it was asked; nothing on it has changed."""

    code = "platform_failed"


class HalfPosted(EnergyManagerError):
    """A part of the plan is on the platform, or may be; the sentence says which, and what to do about it."""

    code = "half_posted"

    def __init__(self, sentence: str, *, prognosis_id: str | None, posted: int, steps: int) -> None:
        super().__init__(sentence)
        self.prognosis_id, self.posted, self.steps = prognosis_id, posted, steps

    @property
    def details(self) -> dict[str, object]:
        """Which prognosis it is (None: not known), and how many of its steps the platform is known to have taken."""
        return {"prognosis_id": self.prognosis_id, "posted": self.posted, "steps": self.steps}


class PrognosisPlatform(Protocol):
    """Reads the outlook and takes the plan; every call ends in bounded time."""

    async def read(self) -> Outlook:
        """The newest forecasts, schedule and state of the storage.

        Raises:
            PlatformFailed: something could not be read.
            Refused: what was read cannot be; every fault by the platform's own name for the series.
        """
        ...

    async def post(self, programme: ChargeProgramme) -> str:
        """Post the plan, whole; returns the platform's id of it.

        Raises:
            PlatformFailed: the plan was not posted, or what was posted of it has been withdrawn.
            HalfPosted: a part of it is there, or may be.
        """
        ...
