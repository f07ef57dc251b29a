"""Which devices measure which homes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.load_meter import MeteredImport
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.domain.quantities import AssetId


class NoMeters:
    """Nothing is measured."""

    def read(self, household: str) -> MeteredImport | None:  # noqa: ARG002 - as the port says
        """Not known."""
        return None


class DeviceMeters:
    """The latest statuses of the meters among a site's devices, by household."""

    def __init__(
        self, statuses: StatusRepository, *, meters: Mapping[str, AssetId], clock: Clock, max_age_s: float
    ) -> None:
        self._statuses = statuses
        self._meters = meters
        self._clock = clock
        self._max_age_s = max_age_s

    def read(self, household: str) -> MeteredImport | None:
        """The home's last reading, if it is young enough; in whole watts, rounded up."""
        meter = self._meters.get(household)
        status = None if meter is None else self._statuses.latest_of(meter)
        if status is None or status.output_w is None:
            return None
        age_s = status.age_s(self._clock.now_s())
        if age_s > self._max_age_s:
            return None
        return MeteredImport(import_w=math.ceil(-status.output_w), age_us=round(1e6 * age_s))
