"""What can be said of a planner without loading it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_manager.domain.schedule.sources import Source
    from energy_manager.entrypoints.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A planner in ``JOBS``.

    Args:
        name: ``peak_shaving``; in addresses and commands ``peak-shaving``.
        module: it defines the planner, under the name ``JOB``.
        schedules_of: whose schedules its plans become, a word of ``Source``.
        time_limit_s: how long it searches at most, s, by these settings and unless a request says less.
        drop_in: where else HTTP takes its requests, as clients of others' interfaces know it.
    """

    name: str
    module: str
    schedules_of: str
    time_limit_s: Callable[[Settings], float]
    drop_in: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The name in addresses and commands."""
        return self.name.replace("_", "-")

    @property
    def source(self) -> Source:
        """Whose schedules its plans become; what they weigh follows from it."""
        from energy_manager.domain.schedule.sources import Source  # noqa: PLC0415 - the help needs it not

        return Source(self.schedules_of)

    @property
    def path(self) -> str:
        """The address of its own route."""
        return f"/api/v1/{self.slug}/plans"
