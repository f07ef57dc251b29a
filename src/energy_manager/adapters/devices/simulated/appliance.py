"""A simulated household appliance: on while its set-point is below 0, else off."""

from __future__ import annotations

from energy_manager.adapters.devices.driver import DriverContext, DriverType, Measurement
from energy_manager.adapters.options import Options
from energy_manager.domain.site import AssetKind


class SimulatedAppliance:
    """Any set-point below 0 switches it on: it then draws what its run is planned to, at most ``rated_w``."""

    def __init__(self, *, rated_w: float) -> None:
        self._rated_w = rated_w
        self._draws_w = 0.0

    def write(self, setpoint_w: float | None) -> None:
        """Switch on for a set-point below 0, else off; it does nothing by itself."""
        self._draws_w = 0.0 if setpoint_w is None else min(self._rated_w, max(0.0, -setpoint_w))

    def read(self) -> Measurement:
        """What it draws; it can deliver nothing."""
        return Measurement(power_w=-self._draws_w if self._draws_w else 0.0, lowest_w=-self._rated_w, highest_w=0.0)

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
