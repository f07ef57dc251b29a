"""The planners of the product, each defined once.

A planner is one package per layer and one entry here: its outline, with the module that defines it. Routes, commands,
OpenAPI, metrics and ``check`` loop over these. Modules are loaded when a job is needed: whoever shows the help, or what
would happen, needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from energy_manager.entrypoints.jobs.outline import Outline

if TYPE_CHECKING:
    from energy_manager.entrypoints.jobs.definition.planning_job import AnyJob
    from energy_manager.entrypoints.settings import Settings

JOBS = {
    "production": Outline(
        name="production",
        module=f"{__name__}.production",
        schedules_of="production",
        time_limit_s=lambda settings: settings.production.time_limit_s,
        drop_in=("/productionplan",),
    ),
    "flexibility": Outline(
        name="flexibility",
        module=f"{__name__}.flexibility",
        schedules_of="flexibility",
        time_limit_s=lambda settings: settings.flexibility.time_limit_s,
        drop_in=("/assets",),
    ),
    "peak_shaving": Outline(
        name="peak_shaving",
        module=f"{__name__}.peak_shaving",
        schedules_of="peak_shaving",
        time_limit_s=lambda settings: settings.peak_shaving.time_limit_s,
    ),
    "least_cost": Outline(
        name="least_cost",
        module=f"{__name__}.least_cost",
        schedules_of="least_cost",
        time_limit_s=lambda settings: settings.least_cost.time_limit_s,
    ),
    "appliances": Outline(
        name="appliances",
        module=f"{__name__}.appliances",
        schedules_of="appliances",
        time_limit_s=lambda settings: settings.appliances.time_limit_s,
    ),
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
