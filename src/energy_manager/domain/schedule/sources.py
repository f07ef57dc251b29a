"""Who a schedule comes from, and what that weighs."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Authority(IntEnum):
    """What a schedule is for; where several speak for an asset, the highest wins.

    Safety limits stand above all of these and are no schedules.
    """

    BASE = 0
    COMFORT = 1
    SCHEDULE = 2
    ACTIVATION = 3
    GRID_LIMIT = 4


class Source(StrEnum):
    """Who made a schedule."""

    MANUAL = "manual"
    PRODUCTION = "production"
    PEAK_SHAVING = "peak_shaving"
    FLEXIBILITY = "flexibility"
    LEAST_COST = "least_cost"
    APPLIANCES = "appliances"
    HOME_ASSISTANT = "home_assistant"
    SHARED = "shared"

    @property
    def authority(self) -> Authority:
        """What a schedule from here weighs."""
        return _AUTHORITIES[self]


_AUTHORITIES = {
    # A plan of a storage keeps the grid connection within its limits; no order from outside may undo that.
    Source.PEAK_SHAVING: Authority.GRID_LIMIT,
    Source.FLEXIBILITY: Authority.ACTIVATION,
    Source.MANUAL: Authority.SCHEDULE,
    Source.PRODUCTION: Authority.SCHEDULE,
    Source.LEAST_COST: Authority.SCHEDULE,
    # Runs of appliances serve the people who asked for them.
    Source.APPLIANCES: Authority.COMFORT,
    # What a resident asks for by hand holds where no plan speaks.
    Source.HOME_ASSISTANT: Authority.COMFORT,
    # The site's base schedule: any stored schedule wins over it.
    Source.SHARED: Authority.BASE,
}
