"""What the options of drivers and schedules have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Chance = Annotated[float, Field(ge=0, le=1)]


class Options(BaseModel):
    """Keys of a table in the site file: none but those that are known, and no number that is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Unreliable(Options):
    """How often a simulated part is slow or fails."""

    sleep_chance: Chance = 0.1
    sleep_multiplier: float = Field(1.0, ge=0, description="longest sleep, s")
    exception_chance: Chance = 0.0
