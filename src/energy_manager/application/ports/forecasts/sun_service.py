"""Who foretells what the sun gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from energy_manager.domain.errors import EnergyManagerError


class SunUnavailable(EnergyManagerError):
    """The service gave no forecast, and why in one sentence."""

    code = "sun_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SunForecast:
    """Powers of the plant in kW, each from its instant (seconds since 1970, in order) until the next."""

    times_s: Sequence[float]
    power_kw: Sequence[float]


class SunService(Protocol):
    """Asks once for a forecast, blocking for some seconds at most; who calls decides when to ask again."""

    @property
    def name(self) -> str:
        """What the service is called in logs."""
        ...

    def fetch(self) -> SunForecast:
        """What the service expects, from now for at least a day.

        Raises:
            SunUnavailable: there is no answer in time, or it cannot be right.
        """
        ...
