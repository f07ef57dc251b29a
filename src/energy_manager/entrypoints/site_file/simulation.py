"""``[simulation]``: a site of simulated devices whose days pass faster."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from energy_manager.adapters.options import Options


class SimulationEntry(Options):
    """Time of the site begins at ``start`` and passes ``speed`` times as fast; nothing of it is kept in a store."""

    start: AwareDatetime = Field(description="with its offset: 2026-06-21T00:00:00+02:00")
    speed: float = Field(gt=0, le=3600, description="720: a day in two minutes")
