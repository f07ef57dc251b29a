"""From series and limits as stated to a problem on one time grid, or all that contradicts itself in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.peak_shaving.problem import DemandCharge, Minimise, PlanningProblem, Prefer
from energy_manager.domain.peak_shaving.storage import Storage
from energy_manager.domain.series import Grid, Level, Reach, Series, fitted, note_unequal
from energy_manager.domain.storage_value.pcc import PccLimits

_LEVELS = ("capacity_kwh", "min_kwh", "max_charge_kw", "max_discharge_kw")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedStorage:
    """A storage as it was stated: ``fields`` are those of ``Storage``, without the schedule, as far as they were.

    ``path`` and ``schedule_path`` say where it and its schedule stand in the request, ``name`` what it is called.
    """

    path: str
    schedule_path: str
    name: str | None
    fields: Mapping[str, Level]
    schedule_kw: Series | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningRequest:
    """What was asked: the problem, whether storages were given as a list, and a remark on how far the series reach.

    ``warnings`` say what was assumed where series have gaps. ``storage_ids`` are what the storages are called, None
    where that is not said or no text.
    """

    problem: PlanningProblem
    has_storage_list: bool
    remark: str | None
    warnings: tuple[str, ...]
    storage_ids: tuple[str | None, ...]


def planning_request(
    *,
    start: datetime,
    step_s: int,
    load_kw: Series,
    production_kw: Series | None,
    import_limit_kw: Level,
    export_limit_kw: Level,
    storages: Sequence[StatedStorage],
    reach: Reach,
    has_storage_list: bool = False,
    minimise: Minimise = "energy",
    prefer: Prefer = "late",
    demand_charge: DemandCharge | None = None,
) -> PlanningRequest:
    """The problem on the grid that all series cover; production or a schedule that is None is 0 throughout.

    Raises:
        Refused: with every fault by its path in the request, such as ``storages[1].min_kwh``.
    """
    faults: list[Fault] = []
    series = {"load_kw": load_kw, "production_kw": production_kw}
    series |= {storage.schedule_path: storage.schedule_kw for storage in storages}
    stated = {path: values for path, values in series.items() if values is not None}
    levels = {"pcc.import_limit_kw": import_limit_kw, "pcc.export_limit_kw": export_limit_kw}
    for storage in storages:
        levels |= {f"{storage.path}.{name}": storage.fields[name] for name in _LEVELS if name in storage.fields}
    note_unequal({**stated, **levels}, faults)
    # Lists alone are a grid of their own, whose first value is that of a whole step from the start on.
    is_raw = any(isinstance(values, list) for values in stated.values())
    found = fitted(stated, levels, start=start, step_s=step_s, reach=reach, faults=faults, may_begin_within_step=is_raw)
    if found is None or faults:
        raise Refused(faults)
    grid, on_grid = found
    idle = (0.0,) * grid.steps
    problem = PlanningProblem(
        start=grid.start,
        step_s=grid.step_s,
        first_step_s=grid.first_step_s,
        load_kw=on_grid["load_kw"],
        production_kw=on_grid.get("production_kw", idle),
        pcc=PccLimits(import_limit_kw=grid.cut(import_limit_kw), export_limit_kw=grid.cut(export_limit_kw)),
        storages=tuple(
            Storage(
                schedule_kw=on_grid.get(storage.schedule_path, idle), name=storage.name, **_cut(storage.fields, grid)
            )
            for storage in storages
        ),
        minimise=minimise,
        prefer=prefer,
        demand_charge=demand_charge,
    )
    return PlanningRequest(
        problem=problem,
        has_storage_list=has_storage_list,
        remark=grid.remark,
        warnings=grid.warnings,
        storage_ids=tuple(storage.name for storage in storages),
    )


def _cut(fields: Mapping[str, Level], grid: Grid) -> dict[str, Any]:
    """A storage's fields within the grid."""
    return {name: grid.cut(value) if name in _LEVELS else value for name, value in fields.items()}
