"""Peak shaving beside the loop: ``[planning.peak_shaving]`` of the site file, in a thread and a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import anyio
from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.adapters.runtime.workers import ProcessWorkers
from energy_manager.application.peak_shaving.rolling_planner import RollingPlanner, StorageQuestion, StorageRequest
from energy_manager.application.planner_result import PlannerResult
from energy_manager.application.ports.planning.workers import Workers
from energy_manager.application.rolling import PlannedAnew, RollingPlan
from energy_manager.domain.site import Asset, GridConnection, PlanningSite
from energy_manager.entrypoints.container.parts import SiteParts
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments
from energy_manager.entrypoints.jobs.peak_shaving import PeakShavingOptions, options_of, plan_storage_anew
from energy_manager.entrypoints.site_file import PeakShavingEntry

LOOK_S = 1.0
"""How often it is looked whether to plan: the first statuses come in meanwhile, too."""

PATIENCE_S = 30.0
"""A worker that has to be started first may take this long beyond the planner's own time limit."""


def storage_request(grid: GridConnection, storage: Asset, entry: PeakShavingEntry) -> StorageRequest:
    """What is known of the storage and its planning, as a planning request says it; it has the ratings of its role."""
    rated = storage.ratings
    document: dict[str, Any] = {
        "step_s": entry.step_s,
        "pcc": {"import_limit_kw": grid.import_limit_kw, "export_limit_kw": grid.export_limit_kw},
        "minimise": entry.minimise,
        "prefer": entry.prefer,
        "min_period_s": entry.min_period_s,
        "horizon_h": entry.horizon_h,
    }
    of_storage: dict[str, Any] = {
        "id": storage.id,
        "capacity_kwh": (rated.capacity_wh or 0.0) / 1000,
        "min_kwh": (rated.min_wh or 0.0) / 1000,
        "max_charge_kw": (rated.max_charge_w or 0.0) / 1000,
        "max_discharge_kw": (rated.max_discharge_w or 0.0) / 1000,
        "charge_efficiency": entry.charge_efficiency,
        "discharge_efficiency": entry.discharge_efficiency,
        "end_min_kwh": entry.end_min_kwh,
    }
    return StorageRequest(document=document, storage=of_storage)


def plan_question(
    question: StorageQuestion, options: PeakShavingOptions, activation: ActivationOptions
) -> PlannerResult[PlannedAnew]:
    """Plan; for a worker."""
    return plan_storage_anew(question.text(), options, activation)


async def plan_elsewhere(
    question: StorageQuestion, now: datetime, *, workers: Workers, options: PeakShavingOptions, site: PlanningSite
) -> PlannedAnew:
    """Have a worker plan.

    Raises:
        EnergyManagerError: there is no plan, and why.
    """
    activation = ActivationOptions(site=site, now=now)
    deadline_s = options.time_limit_s + PATIENCE_S
    return (await workers.run(plan_question, question, options, activation, deadline_s=deadline_s)).unwrap()


def start_keeping_planned(keep: RollingPlan, may_plan: Callable[[], bool]) -> None:
    """Look again and again, in a daemon thread with an event loop of its own: the API's may not be there."""
    start_daemon(partial(anyio.run, _keep_looking, keep, may_plan), name=f"planning {keep.subject}")


async def _keep_looking(keep: RollingPlan, may_plan: Callable[[], bool]) -> None:
    while True:
        await anyio.sleep(LOOK_S)
        if not may_plan():
            continue
        try:
            await keep.look()
        except Exception as error:  # noqa: BLE001 - the watching must outlive any one look
            logger.error("planning {}: {}", keep.subject, describe_failure(error))


def storage_planning_of(parts: SiteParts) -> RollingPlanner | None:
    """The use case of ``[planning.peak_shaving]``, where the site file has it."""
    settings, site = parts.settings, parts.site
    entry, grid = site.planning.peak_shaving, site.described.grid_connection
    if entry is None or grid is None:
        return None
    workers = ProcessWorkers(count=1, preload=int)
    return RollingPlanner(
        storage=grid.storage,
        request=storage_request(grid, site.described.asset(grid.storage), entry),
        period=timedelta(minutes=entry.period_min),
        forecasts=parts.store.repository,
        schedules=parts.store.repository,
        statuses=parts.statuses,
        clock=parts.clock,
        status_max_age_s=settings.dispatch.status_max_age_s,
        now=wall_clock,
        plan=partial(
            plan_elsewhere,
            workers=workers,
            options=options_of(settings, Arguments()),
            site=site.described.planning_site,
        ),
        journal=parts.journal,
    )
