"""The planners of the product, each defined once.

A planner is one package per layer and one entry here: its outline, with the module that defines it. Routes, commands,
OpenAPI, metrics and ``check`` loop over these. Modules are loaded when a job is needed: whoever shows the help, or what
would happen, needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_manager.domain.schedule.sources import Source
    from energy_manager.entrypoints.jobs.definition.planning_job import AnyJob
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


def _outline(name: str, *, drop_in: tuple[str, ...] = ()) -> Outline:
    """A planner of this folder; its module, settings and schedules have its name."""
    return Outline(
        name=name,
        module=f"{__name__}.{name}",
        schedules_of=name,
        time_limit_s=lambda settings: float(getattr(settings, name).time_limit_s),
        drop_in=drop_in,
    )


JOBS = {
    "production": _outline("production", drop_in=("/productionplan",)),
    "flexibility": _outline("flexibility", drop_in=("/assets",)),
    "peak_shaving": _outline("peak_shaving"),
    "least_cost": _outline("least_cost"),
    "appliances": _outline("appliances"),
}


def planning_job(name: str) -> AnyJob:
    """The job of that name, as in ``JOBS``."""
    from energy_manager.entrypoints.jobs.definition.planning_job import job_in  # noqa: PLC0415 - with pydantic

    return job_in(JOBS[name].module)


def load_planners(settings: Settings) -> None:
    """Make a fresh worker ready: with numpy and the solver, 20 MB."""
    for job in planning_jobs():
        job.warm_up(job.options_of(settings, job.arguments()))


def planning_jobs() -> Iterator[AnyJob]:
    """All jobs, in the order of ``JOBS``."""
    return map(planning_job, JOBS)
