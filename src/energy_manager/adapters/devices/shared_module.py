"""Devices of the ``shared`` module, whichever module of that name stands first on the path.

That module counts in the site's power steps and in whole numbers; they are passed on exactly, whatever their size.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StrictInt, field_validator

from energy_manager.adapters.devices.driver import ANY_KIND, DriverContext, DriverType, ImplausibleReading, Measurement
from energy_manager.adapters.devices.measurements import shortened
from energy_manager.adapters.options import Unreliable, one_per_time_block
from energy_manager.adapters.runtime.muting import muted
from energy_manager.adapters.shared_module import shared_module
from energy_manager.domain.quantities import whole_steps

if TYPE_CHECKING:
    from shared import DeviceController


class SharedOptions(Unreliable):
    """What is passed on to ``shared.DeviceController``; potentials in power steps, one per time block."""

    potential: list[Annotated[StrictInt, Field(ge=0)]] | None = None
    prints: bool = Field(default=False, description="whether what the device prints is let through to the output")

    @field_validator("potential")
    @classmethod
    def _has_a_value_per_block(cls, potential: list[int] | None) -> list[int] | None:
        return None if potential is None else one_per_time_block(potential)


@dataclass(frozen=True, slots=True)
class SharedDevice:
    """One ``DeviceController``; what it prints is muted unless ``prints``."""

    controller: DeviceController
    watts_per_step: int
    prints: bool = False

    def write(self, setpoint_w: float | None) -> None:
        """Pass the target on; the module knows no release, so that is 0."""
        target = 0 if setpoint_w is None else int(setpoint_w // self.watts_per_step)
        with nullcontext() if self.prints else muted():
            self.controller.set_power_target(target)

    def read(self) -> Measurement:
        """Ask for the status, whose finite numbers are floored to whole steps.

        Raises:
            ImplausibleReading: one of the two is no finite number.
        """
        with nullcontext() if self.prints else muted():
            status = self.controller.get_device_status()
        return Measurement(
            power_w=self._watts("the output", status.current_power_output),
            highest_w=self._watts("the potential", status.potential_power_output),
        )

    def _watts(self, what: str, said: object) -> int:
        steps = whole_steps(said)
        if steps is None:
            raise ImplausibleReading(f"{what} is {shortened(said)}, which is no power")
        return steps * self.watts_per_step

    def close(self) -> None:
        """The module has nothing to close."""


def _open(options: SharedOptions, context: DriverContext) -> SharedDevice:
    # Its singleton is made without a lock: asked once before two lanes can.
    context.link(("shared clock",), shared_module().clock.get_current_time_block)
    controller = shared_module().device_controller(
        context.asset_id,
        options.potential,
        sleep_chance=options.sleep_chance,
        sleep_multiplier=options.sleep_multiplier,
        exception_chance=options.exception_chance,
    )
    return SharedDevice(controller, context.watts_per_step, options.prints)


def _describe(options: SharedOptions) -> str:
    if options.potential is None:
        return "no potential, so it counts as able to deliver nothing"
    return f"potential {', '.join(map(str, options.potential))}"


def _load(_: SharedOptions) -> None:
    shared_module()


SHARED = DriverType(name="shared", options=SharedOptions, kinds=ANY_KIND, open=_open, describe=_describe, load=_load)
