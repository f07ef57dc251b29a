"""The planners of the product, each defined once.

A planner is one package per layer and one line here: its module, which defines it under the name ``JOB``. Routes,
commands, OpenAPI, metrics and ``check`` loop over these lines. Modules are loaded when a job is needed: a command
line that shows its help needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energy_manager.entrypoints.jobs.definition.planning_job import AnyJob
    from energy_manager.entrypoints.settings import Settings

JOBS = {
    "production": "energy_manager.entrypoints.jobs.production",
    "flexibility": "energy_manager.entrypoints.jobs.flexibility",
    "peak_shaving": "energy_manager.entrypoints.jobs.peak_shaving",
    "least_cost": "energy_manager.entrypoints.jobs.least_cost",
    "appliances": "energy_manager.entrypoints.jobs.appliances",
}


def planning_job(name: str) -> AnyJob:
    """The job of that name, as in ``JOBS``."""
    from energy_manager.entrypoints.jobs.definition.planning_job import job_in  # noqa: PLC0415 - with pydantic

    return job_in(JOBS[name])


def load_planners(settings: Settings) -> None:
    """Make a fresh worker ready: with numpy and the solver, 20 MB."""
    for job in planning_jobs():
        job.warm_up(job.options_of(settings, job.arguments()))


def planning_jobs() -> Iterator[AnyJob]:
    """All jobs, in the order of ``JOBS``."""
    return map(planning_job, JOBS)
