"""A simulated meter: it measures a simulated load and the simulated storages behind the same connection point."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from energy_manager.adapters.devices.driver import DriverContext, DriverType, Measurement
from energy_manager.adapters.devices.simulated.connection_point import SimulatedConnectionPoint
from energy_manager.adapters.devices.simulated.day import SimulatedDay
from energy_manager.adapters.options import Options
from energy_manager.domain.site import AssetKind


class SimulatedLoad(Options):
    """A load with peaks at random times; powers in kW."""

    level_kw: float = Field(ge=0)
    peak_kw: float = Field(ge=0)
    every_s: float = Field(gt=0)
    lasts_s: float = Field(gt=0)
    wander_kw: float = Field(0.0, ge=0)


class SimulatedMeterOptions(Options):
    """The load that it measures, beside the storages of the same ``plant``, and its noise.

    Instead of ``load`` it may be a whole ``day``.
    """

    load: SimulatedLoad | None = None
    day: SimulatedDay | None = None
    sigma_kw: float = Field(0.0, ge=0)
    seed: int = 0
    plant: str = Field("site", min_length=1)

    @model_validator(mode="after")
    def _has_one_load(self) -> SimulatedMeterOptions:
        if (self.load is None) == (self.day is None):
            raise PydanticCustomError("site_file", "{sentence}", {"sentence": "needs either load or day"})
        return self


class SimulatedMeter:
    """A meter at a connection point; ``base_kw`` says what the load takes at any time, ``sigma_kw`` is its noise."""

    def __init__(
        self,
        point: SimulatedConnectionPoint,
        *,
        base_kw: Callable[[float], float],
        now_s: Callable[[], float],
        sigma_kw: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._point = point
        self._base_kw = base_kw
        self._now_s = now_s
        self._sigma_kw = sigma_kw
        self._noise = random.Random(seed)  # noqa: S311 - a simulation, and it must be repeatable

    def write(self, setpoint_w: float | None) -> None:
        """A meter does nothing with a set-point."""

    def read(self) -> Measurement:
        """What the site as a whole delivers: import is below 0."""
        import_kw = self._base_kw(self._now_s()) + self._point.charge_kw() + self._noise.gauss(0.0, self._sigma_kw)
        return Measurement(power_w=-1000 * import_kw)

    def close(self) -> None:
        """Nothing to let go of."""


def _open(options: SimulatedMeterOptions, context: DriverContext) -> SimulatedMeter:
    return SimulatedMeter(
        context.link(("simulated plant", options.plant), SimulatedConnectionPoint),
        base_kw=_base_of(options),
        now_s=context.now_s,
        sigma_kw=options.sigma_kw,
        seed=options.seed,
    )


def _base_of(options: SimulatedMeterOptions) -> Callable[[float], float]:
    if options.day is not None:
        return options.day.base_kw
    assert options.load is not None, "one of the two is said"
    return random_load(**options.load.model_dump(), seed=options.seed)


def random_load(
    *, level_kw: float, peak_kw: float, every_s: float, lasts_s: float, wander_kw: float = 0.0, seed: int = 0
) -> Callable[[float], float]:
    """A load with peaks at random times and a level that wanders; a fixed hour in steps of a second, which repeats.

    ``peak_kw`` is the most that a peak adds, ``every_s`` the mean time between peaks and ``lasts_s`` their mean length;
    ``wander_kw`` is the standard deviation of the level.
    """
    noise = random.Random(seed)  # noqa: S311 - a simulation, and it must be repeatable
    load, wander = [level_kw] * 3600, 0.0
    for place in range(3600):
        wander = 0.98 * wander + noise.gauss(0.0, wander_kw * math.sqrt(1.0 - 0.98**2))
        load[place] += wander
    begin_s = noise.expovariate(1.0 / every_s)
    while begin_s < 3600.0:
        height, end_s = noise.uniform(0.3, 1.0) * peak_kw, begin_s + noise.uniform(0.5, 1.5) * lasts_s
        for place in range(int(begin_s), min(int(end_s), 3600)):
            load[place] += height
        begin_s = end_s + noise.expovariate(1.0 / every_s)
    return lambda at_s: load[int(at_s) % 3600]


def _describe(options: SimulatedMeterOptions) -> str:
    if options.load is None:
        return "a day that repeats"
    return f"a load of {options.load.level_kw:g} kW with peaks of up to {options.load.peak_kw:g} kW more"


SIMULATED_METER = DriverType(
    name="simulated_meter",
    options=SimulatedMeterOptions,
    kinds=frozenset({AssetKind.METER}),
    open=_open,
    describe=_describe,
)
