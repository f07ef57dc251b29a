"""The assignment's ``shared`` module: whichever stands first on the path, else the one that is shipped.

An installed product brings its own under a name inside the package, so that no module of so common a name gets into
other people's environments. It is imported when a site has such a device or schedule, and by nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared import Clock, DeviceController, ScheduleProvider

SHIPPED = "energy_manager.shipped_shared"
"""What the wheel calls the repository's ``shared``."""

SURFACE = ("Clock", "DeviceController", "ScheduleProvider")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedModule:
    """What the product uses of it."""

    clock: type[Clock]
    device_controller: type[DeviceController]
    schedule_provider: type[ScheduleProvider]


@cache
def shared_module() -> SharedModule:
    """The module; a strange package that happens to be called ``shared`` is none."""
    found = _first_on_the_path()
    return SharedModule(
        clock=found.Clock, device_controller=found.DeviceController, schedule_provider=found.ScheduleProvider
    )


def _first_on_the_path() -> ModuleType:
    try:
        found = import_module("shared")
    except ModuleNotFoundError as error:
        if error.name != "shared":
            raise
    else:
        if all(hasattr(found, name) for name in SURFACE):
            return found
    return import_module(SHIPPED)
