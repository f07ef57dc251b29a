"""What planners that run beside the loop expect of the hours ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.forecast import Outlook


class NoForecast(EnergyManagerError):
    """There is no forecast that reaches over the steps, and which one is missing."""

    code = "no_forecast"


class SiteOutlook(Protocol):
    """Load and production of the site's next steps, as the newest forecasts have them."""

    def outlook(self, edges: Sequence[datetime]) -> Outlook:
        """What is expected between each two of ``edges``, which are aware, in order, and begin now.

        Steps may differ in length (the first one may be partial). Reads the store and takes up to a second or so: not
        for the ticker's thread.

        Raises:
            NoForecast: there is none of the load for a part of the steps, and none can be made.
            StoreUnavailable: the store cannot be read now.
        """
        ...
