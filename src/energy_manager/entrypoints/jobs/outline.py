"""What can be said of a planner without loading it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energy_manager.domain.schedule.sources import Source

if TYPE_CHECKING:
    from energy_manager.entrypoints.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A planner in ``JOBS``.

    Args:
        name: ``peak_shaving``; in addresses and commands ``peak-shaving``.
        module: it defines the planner, under the name ``JOB``.
        source: whose schedules its plans become; what they weigh follows from it.
        time_limit_s: how long it searches at most, s, by these settings and unless a request says less.
        drop_in: where else HTTP takes its requests, as clients of others' interfaces know it.
    """

    name: str
    module: str
    source: Source
    time_limit_s: Callable[[Settings], float]
    drop_in: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name in addresses and commands."""
        return self.name.replace("_", "-")

    @property
    def path(self) -> str:
        """The address of its own route."""
        return f"/api/v1/{self.slug}/plans"
