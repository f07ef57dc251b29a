"""The site's own schedule, as its site file names it, and its simulated time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StrictInt, ValidationInfo, field_validator

from energy_manager.adapters.options import Options, Unreliable, one_per_time_block
from energy_manager.entrypoints.site_file.names import TimeZone


class SharedScheduleEntry(Unreliable):
    """The schedule of the ``shared`` module: one mapping from asset to power target per time block."""

    driver: Literal["shared"]
    blocks: list[dict[str, StrictInt]]

    @field_validator("blocks")
    @classmethod
    def _has_one_per_block(cls, blocks: list[dict[str, int]]) -> list[dict[str, int]]:
        return one_per_time_block(blocks)


class FileScheduleEntry(Options):
    """The site's own schedule in a file beside the site file, CSV (``start,end,asset,target``) or JSON blocks.

    Its times say whether it is dated, daily (``08:00``) or weekly (``Mon 08:00``). ``time_zone`` is theirs; left out:
    the site's.
    """

    driver: Literal["file"]
    path: Path
    time_zone: TimeZone | None = None

    @field_validator("path")
    @classmethod
    def _beside_the_site_file(cls, path: Path, info: ValidationInfo) -> Path:
        beside = (info.context or {}).get("beside")
        return path if beside is None else beside / path


ScheduleEntry = Annotated[SharedScheduleEntry | FileScheduleEntry, Field(discriminator="driver")]


class SimulationEntry(Options):
    """Time of the site begins at ``start`` and passes ``speed`` times as fast; nothing of it is kept in a store."""

    start: AwareDatetime = Field(description="with its offset: 2026-06-21T00:00:00+02:00")
    speed: float = Field(gt=0, le=3600, description="720: a day in two minutes")
