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
    OVERRIDE = 4
    GRID_LIMIT = 5
    HOLD = 6


class Source(StrEnum):
    """Who made a schedule, or set a target by hand."""

    MANUAL = "manual"
    PRODUCTION = "production"
    PEAK_SHAVING = "peak_shaving"
    FLEXIBILITY = "flexibility"
    LEAST_COST = "least_cost"
    APPLIANCES = "appliances"
    HOME_ASSISTANT = "home_assistant"
    SHARED = "shared"
    OVERRIDE = "override"
    HOLD = "hold"

    @property
    def is_of_schedules(self) -> bool:
        """Whether schedules come from here; what people set by hand is no schedule (``overrides``)."""
        return self not in {Source.OVERRIDE, Source.HOLD}

    @property
    def authority(self) -> Authority:
        """What a schedule from here weighs."""
        return _AUTHORITIES[self]


_AUTHORITIES = {
    # A plan of a storage keeps the grid connection within its limits; no order from outside may undo that.
    Source.PEAK_SHAVING: Authority.GRID_LIMIT,
    Source.FLEXIBILITY: Authority.ACTIVATION,
    Source.OVERRIDE: Authority.OVERRIDE,
    Source.HOLD: Authority.HOLD,
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
