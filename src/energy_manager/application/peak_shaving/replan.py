"""Plan a platform's storage anew: read what the platform knows, plan, post the plan; or leave the old plan alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy_manager.application.ports.forecasts.prognosis_platform import (
    ChargeProgramme,
    Forecast,
    HalfPosted,
    Outlook,
    PrognosisPlatform,
)
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, Storage, plan_storage
from energy_manager.domain.series import Reach, Series, fitted, floored, utc_text

SHOWN_FAULTS = 5
"""How many faults fit into one line; all of them are in ``details``."""


class OldPlanStands(EnergyManagerError):
    """There is no new plan on the platform, and why; the old one was not touched."""

    code = "old_plan_stands"

    def __init__(self, reason: EnergyManagerError) -> None:
        super().__init__(f"{_shortened(reason)}; nothing was posted, the plan on the platform stays as it is")
        self.reason = reason

    @property
    def details(self) -> Any:  # noqa: ANN401 - whatever the reason has
        """The reason's particulars."""
        return self.reason.details


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSite:
    """What does not change from plan to plan: the grid of time, the least reach.

    The plan begins now, in what is left of a step (whole ones since 1970, UTC); ``min_period_s`` is the least that the
    series must reach from that step on, None for the planner's own.
    """

    step_s: int
    min_period_s: float | None

    def problem(self, outlook: Outlook, now: datetime) -> tuple[PlanningProblem, tuple[str, ...]]:
        """The planning problem of this moment, and remarks: gaps in series, and which one ends before the others.

        Raises:
            Refused: the series do not cover the time from now on, or not for long enough.
        """
        forecasts = [forecast for forecast in (outlook.load, outlook.production, outlook.schedule) if forecast]
        series: dict[str, Series] = {forecast.name: list(forecast.readings) for forecast in forecasts}
        faults: list[Fault] = []
        reach = Reach(min_period_s=self.min_period_s, horizon_h=None)
        found = fitted(
            series, {}, start=now, step_s=self.step_s, reach=reach, faults=faults, may_begin_within_step=True
        )
        if found is None or faults:
            raise Refused(faults)
        grid, means = found
        idle = (0.0,) * grid.steps
        storage = Storage(
            schedule_kw=means[outlook.schedule.name] if outlook.schedule else idle,
            capacity_kwh=outlook.limits.capacity_kwh,
            stored_kwh=outlook.stored_kwh,
            min_kwh=outlook.least_kwh,
            max_charge_kw=outlook.limits.most_kw,
            max_discharge_kw=outlook.limits.most_kw,
        )
        problem = PlanningProblem(
            start=grid.start,
            step_s=grid.step_s,
            first_step_s=grid.first_step_s,
            load_kw=means[outlook.load.name],
            production_kw=means[outlook.production.name],
            pcc=outlook.limits.pcc,
            storages=(storage,),
        )
        return problem, (*grid.warnings, *filter(None, (grid.remark,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """A plan that is on the platform now."""

    plan: Plan
    start: datetime
    prognosis_id: str
    remarks: tuple[str, ...]

    def sentence(self) -> str:
        """One line for people."""
        plan = self.plan
        told = [
            f"posted {len(plan.charge_kw)} steps of {plan.step_s} s from {utc_text(self.start)} on "
            f"as prognosis {self.prognosis_id}",
            f"change {plan.change_kwh:.3f} kWh",
            f"beyond the limits {plan.violation_kwh:.3f} kWh",
            *self.remarks,
        ]
        return "; ".join(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanStorage:
    """Read, plan, post."""

    platform: PrognosisPlatform
    site: StorageSite
    now: Callable[[], datetime]
    plan: Callable[[PlanningProblem], Plan] = plan_storage

    async def __call__(self) -> Replanned:
        """The plan that was posted.

        Raises:
            OldPlanStands: something failed, and nothing on the platform has changed.
            HalfPosted: the platform failed while it took the plan, and a part of it is there, or may be.
        """
        made_at = self.now()
        try:
            outlook = await self.platform.read()
            problem, found = self.site.problem(outlook, made_at)
            plan = self.plan(problem)
            # The platform's readings hold from one point of the grid to the next, the first one since that before now.
            begin = floored(plan.start, step_s=plan.step_s)
            programme = ChargeProgramme(made_at=made_at, start=begin, step_s=plan.step_s, charge_kw=plan.charge_kw)
            prognosis_id = await self.platform.post(programme)
        except HalfPosted:
            raise
        except EnergyManagerError as reason:
            raise OldPlanStands(reason) from None
        remarks = (_no_schedule(outlook.schedule), *found, plan.limited_by)
        return Replanned(plan=plan, start=begin, prognosis_id=prognosis_id, remarks=tuple(filter(None, remarks)))


def _no_schedule(schedule: Forecast | None) -> str | None:
    return "there was no schedule, so the storage rests unless it must act" if schedule is None else None


def _shortened(reason: EnergyManagerError) -> str:
    """The reason in one line that can be read: of many faults the first ones."""
    if not isinstance(reason, Refused) or len(reason.faults) <= SHOWN_FAULTS:
        return str(reason)
    return f"{Refused(reason.faults[:SHOWN_FAULTS])}; and {len(reason.faults) - SHOWN_FAULTS} more faults"
