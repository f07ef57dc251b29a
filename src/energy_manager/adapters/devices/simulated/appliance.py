"""A simulated household appliance: on at its rated power while its set-point is below 0, else off."""

from __future__ import annotations

from energy_manager.adapters.devices.driver import DriverContext, DriverType, Measurement
from energy_manager.adapters.options import Options
from energy_manager.domain.site import AssetKind


class SimulatedAppliance:
    """It knows two states only, so any set-point below 0 switches it on; ``rated_w`` is what it then draws."""

    def __init__(self, *, rated_w: float) -> None:
        self._rated_w = rated_w
        self._is_on = False

    def write(self, setpoint_w: float | None) -> None:
        """Switch on for a set-point below 0, else off; it does nothing by itself."""
        self._is_on = setpoint_w is not None and setpoint_w < 0

    def read(self) -> Measurement:
        """What it draws; it can deliver nothing."""
        return Measurement(power_w=-self._rated_w if self._is_on else 0.0, lowest_w=-self._rated_w, highest_w=0.0)

    def close(self) -> None:
        """Nothing to let go of."""


class SimulatedApplianceOptions(Options):
    """None of its own: what it draws is its rating, and what runs it asks for is its household's."""


def _open(_: SimulatedApplianceOptions, context: DriverContext) -> SimulatedAppliance:
    assert context.ratings.rated_w is not None, "the registry asks for it"
    return SimulatedAppliance(rated_w=context.ratings.rated_w)


SIMULATED_APPLIANCE = DriverType(
    name="simulated_appliance",
    options=SimulatedApplianceOptions,
    kinds=frozenset({AssetKind.LOAD}),
    open=_open,
    ratings=frozenset({"rated_w"}),
    describe=lambda _: "",
)
