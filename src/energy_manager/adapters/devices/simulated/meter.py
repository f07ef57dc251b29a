"""A simulated meter: it measures a simulated load and the simulated storages behind the same connection point."""

from __future__ import annotations

import random
from collections.abc import Callable

from pydantic import Field

from energy_manager.adapters.devices.driver import DriverContext, DriverType, Measurement
from energy_manager.adapters.devices.simulated.connection_point import SimulatedConnectionPoint
from energy_manager.adapters.devices.simulated.plant import random_load
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
    """The load that it measures, beside the storages of the same ``plant``, and its noise."""

    load: SimulatedLoad
    sigma_kw: float = Field(0.0, ge=0)
    seed: int = 0
    plant: str = Field("site", min_length=1)


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
        base_kw=random_load(**options.load.model_dump(), seed=options.seed),
        now_s=context.now_s,
        sigma_kw=options.sigma_kw,
        seed=options.seed,
    )


def _describe(options: SimulatedMeterOptions) -> str:
    return f"a load of {options.load.level_kw:g} kW with peaks of up to {options.load.peak_kw:g} kW more"


SIMULATED_METER = DriverType(
    name="simulated_meter",
    options=SimulatedMeterOptions,
    kinds=frozenset({AssetKind.METER}),
    open=_open,
    describe=_describe,
)
