"""``[planning.least_cost]``: what is planned beside the loop so that energy costs least."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from energy_manager.adapters.options import Options
from energy_manager.entrypoints.site_file.faults import fault, raise_if_any

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _time_of_day(value: object) -> object:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    raise PydanticCustomError("site_file", "{sentence}", {"sentence": "is no time of day such as 17:00"})


ClockTime = Annotated[time, BeforeValidator(_time_of_day)]


class CarEntry(Options):
    """A car at a charger of its own; its departures are said by ``PUT /api/v1/vehicles/{asset}``.

    The asset is a storage, or a charger (a load, with ``rated_w`` and the car's ``capacity_wh``). Where the charger
    does not know the car's state of charge, energies count from when the car was plugged in.
    """

    asset: str = Field(min_length=1)
    min_charge_kw: float | None = Field(
        None, ge=0, description="when it charges at all; left out: the least that its charger can, else 0"
    )
    charge_efficiency: float = Field(1.0, gt=0, le=1)
    end_value_per_kwh: float | None = Field(None, description="of a kWh left at the horizon; left out: what it saves")


class RunEntry(Options):
    """What runs once a day, uninterrupted, between two local times."""

    asset: str = Field(min_length=1)
    profile_kw: list[Annotated[float, Field(ge=0)]] = Field(min_length=1, description="one value a step")
    earliest: ClockTime = Field(time(0), description="local time")
    until: ClockTime = Field(time(0), description="local time by which it has ended; 00:00 is midnight")


class LeastCostEntry(Options):
    """How the storage of ``[pcc]``, cars and runs are planned from prices and forecasts."""

    storage: str | None = Field(None, description="left out: the storage of [pcc], which the loop leads")
    period_min: float = Field(15.0, ge=1, le=1440, description="planned anew this often")
    step_s: int = Field(900, ge=60, le=3600)
    horizon_h: float = Field(36.0, gt=0, le=168, description="this far ahead, as far as prices are known or assumed")
    time_limit_s: float = Field(2.0, gt=0, le=600, description="what cannot be planned at once is searched so long")
    charge_efficiency: float = Field(0.95, gt=0, le=1)
    discharge_efficiency: float = Field(0.95, gt=0, le=1)
    wear_per_kwh: float = Field(0.0, ge=0, description="of each kWh in or out")
    end_value_per_kwh: float | None = Field(None, description="of a kWh left at the horizon; left out: what it saves")
    curtailable: bool = Field(default=False, description="whether production may be curtailed by others when that pays")
    cars: list[CarEntry] = Field([])
    runs: list[RunEntry] = Field([])

    @model_validator(mode="after")
    def _steps_lie_on_the_clock(self) -> LeastCostEntry:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[InitErrorDetails]:
        if 3600 % self.step_s:
            yield fault(("step_s",), "an hour must be a whole number of steps", self.step_s)
        seen: set[str] = set()
        for table, names in (("cars", [car.asset for car in self.cars]), ("runs", [run.asset for run in self.runs])):
            for index, name in enumerate(names):
                if name in seen:
                    yield fault((table, index, "asset"), "this asset is planned here already", name)
                seen.add(name)
