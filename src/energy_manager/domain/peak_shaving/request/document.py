"""The planning request: a parsed JSON document into a problem, or all that is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.peak_shaving.problem import DemandCharge, Minimise, PlanningProblem, Prefer
from energy_manager.domain.peak_shaving.request.fields import Faults, Section
from energy_manager.domain.peak_shaving.request.grid import Grid, Reach, Series, fitted, note_unequal
from energy_manager.domain.peak_shaving.storage import Storage, storage_faults
from energy_manager.domain.series import Level, number_fault, step_faults
from energy_manager.domain.storage_value.pcc import PccLimits, limit_fault

_REQUEST = (
    "start",
    "step_s",
    "load_kw",
    "production_kw",
    "schedule",
    "pcc",
    "storage",
    "storages",
    "minimise",
    "prefer",
    "min_period_s",
    "horizon_h",
    "demand_charge",
    "id",
    "name",
)
_LEVELS = ("capacity_kwh", "min_kwh", "max_charge_kw", "max_discharge_kw")
_NUMBERS = ("stored_kwh", "charge_efficiency", "discharge_efficiency", "end_min_kwh", "end_max_kwh", "ramp_kw_per_step")
_REQUIRED = ("capacity_kwh", "stored_kwh", "max_charge_kw", "max_discharge_kw")
_STORAGE = (*_LEVELS, *_NUMBERS, "schedule", "id", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningRequest:
    """What was asked: the problem, whether storages were given as a list, and a remark on how far the series reach.

    ``storage_ids`` are what the storages are called, None where that is not said or no text.
    """

    problem: PlanningProblem
    has_storage_list: bool
    remark: str | None
    storage_ids: tuple[str | None, ...]


def planning_request(document: object) -> PlanningRequest:
    """Read a planning request from parsed JSON (dicts, lists, text, numbers, truth values, None).

    A production or a schedule that is left out (or null) is 0 throughout; a limit of the PCC that is null is none.

    Raises:
        Refused: with every fault by its path, such as ``storages[1].min_kwh``.
    """
    if not isinstance(document, Mapping):
        raise Refused([Fault(field="request", message=f"must be an object, not {shown(document)}")])
    faults = Faults()
    request = _Request(Section(members=document, path="", faults=faults), faults)
    if faults.found:
        raise Refused(faults.found)
    return request.built()


class _Request:
    """The sections of a request on their way to a problem; what is missing here was noted as a fault."""

    def __init__(self, body: Section, faults: Faults) -> None:
        self._body = body
        body.refuse_unknown(_REQUEST)
        self._start, self._step_s = self._grid_of(body, faults)
        self._minimise = cast("Minimise", body.word("minimise", ("energy", "peak")))
        self._prefer = cast("Prefer", body.word("prefer", ("late", "early")))
        self._demand = _demand_charge(body)
        self._series: dict[str, Series] = {}
        self._take_series(body, "load_kw", least=0.0, optional=False)
        self._take_series(body, "production_kw", least=0.0, optional=True)
        self._levels: dict[str, Level] = _pcc_levels(body)
        self._storages: list[tuple[str, dict[str, Any]]] = []
        self._ids: list[str | None] = []
        self.has_storage_list = body.has("storages")
        self._take_storages(body, faults)
        self._reach = Reach(
            min_period_s=_at_least(body, "min_period_s", 0.0), horizon_h=_at_least(body, "horizon_h", 0.0)
        )
        note_unequal({**self._series, **self._levels}, faults)
        self._fitted: tuple[Grid, dict[str, tuple[float, ...]]] | None = None
        if self._start is not None and self._step_s is not None:
            self._fitted = fitted(
                self._series,
                self._levels,
                start=self._start,
                step_s=self._step_s,
                reach=self._reach,
                faults=faults,
            )

    @staticmethod
    def _grid_of(body: Section, faults: Faults) -> tuple[datetime | None, int | None]:
        start, step_s = body.instant("start"), body.number("step_s")
        if step_s is None:
            return start, None
        wrong = step_faults(step_s)
        faults.found += wrong
        return start, None if wrong else int(step_s)

    def _take_series(self, section: Section, name: str, *, least: float | None, optional: bool) -> None:
        values = section.series(name, least=least, optional=optional)
        if values is not None:
            self._series[f"{section.path}{name}"] = values

    def _take_storages(self, body: Section, faults: Faults) -> None:
        if not self.has_storage_list:
            section = body.section("storage")
            if section is not None:
                self._take_storage(section, schedule_in=section if section.has("schedule") else body)
            return
        if body.has("storage"):
            faults.note("storage", "must not be given beside storages")
        if body.has("schedule"):
            faults.note("schedule", "belongs into each of the storages where storages are given")
        items = body.members["storages"]
        if not isinstance(items, list) or not items:
            faults.note("storages", "must be a list of at least one storage")
            return
        for place, item in enumerate(items):
            path = f"storages[{place}]"
            if isinstance(item, Mapping):
                section = Section(members=item, path=f"{path}.", faults=faults)
                self._take_storage(section, schedule_in=section)
            else:
                faults.note(path, f"must be an object, not {shown(item)}")

    def _take_storage(self, section: Section, *, schedule_in: Section) -> None:
        section.refuse_unknown(_STORAGE)
        called = section.members.get("id")
        self._ids.append(called if isinstance(called, str) and called else None)
        fields: dict[str, Any] = {}
        for name in (*_LEVELS, *_NUMBERS):
            optional = name not in _REQUIRED
            value: Level | None
            if name in _LEVELS:
                value = section.level(name, partial(number_fault, least=0.0), optional=optional)
            else:
                value = section.number(name, optional=optional)
            if value is not None:
                fields[name] = value
        section.faults.found += [
            Fault(field=f"{section.path}{fault.field}", message=fault.message) for fault in storage_faults(fields)
        ]
        for name in _LEVELS:
            if name in fields:
                self._levels[f"{section.path}{name}"] = fields[name]
        schedule = schedule_in.section("schedule", optional=True)
        path = ""
        if schedule is not None:
            schedule.refuse_unknown(("charge_kw",))
            self._take_series(schedule, "charge_kw", least=None, optional=False)
            path = f"{schedule.path}charge_kw"
        self._storages.append((path, fields))

    def built(self) -> PlanningRequest:
        """The request, once there are no faults."""
        assert self._fitted is not None
        grid, series = self._fitted
        idle = (0.0,) * grid.steps
        storages = tuple(
            Storage(schedule_kw=series.get(path, idle), **_cut(fields, grid)) for path, fields in self._storages
        )
        problem = PlanningProblem(
            start=grid.start,
            step_s=grid.step_s,
            load_kw=series["load_kw"],
            production_kw=series.get("production_kw", idle),
            pcc=PccLimits(
                import_limit_kw=grid.cut(self._levels["pcc.import_limit_kw"]),
                export_limit_kw=grid.cut(self._levels["pcc.export_limit_kw"]),
            ),
            storages=storages,
            minimise=self._minimise,
            prefer=self._prefer,
            demand_charge=self._demand,
        )
        return PlanningRequest(
            problem=problem,
            has_storage_list=self.has_storage_list,
            remark=grid.remark,
            storage_ids=tuple(self._ids),
        )


def _cut(fields: Mapping[str, Any], grid: Grid) -> dict[str, Any]:
    """A storage's fields within the grid."""
    return {name: grid.cut(value) if name in _LEVELS else value for name, value in fields.items()}


def _pcc_levels(body: Section) -> dict[str, Level]:
    pcc = body.section("pcc")
    if pcc is None:
        return {}
    names = ("import_limit_kw", "export_limit_kw")
    pcc.refuse_unknown(names)
    levels: dict[str, Level] = {}
    for name in names:
        if name in pcc.members and pcc.members[name] is None:
            levels[f"pcc.{name}"] = math.inf
            continue
        level = pcc.level(name, limit_fault)
        if level is not None:
            levels[f"pcc.{name}"] = level
    return levels


def _demand_charge(body: Section) -> DemandCharge | None:
    section = body.section("demand_charge", optional=True)
    if section is None:
        return None
    section.refuse_unknown(("paid_peak_kw", "worth_kwh_per_kw"))
    paid, worth = _at_least(section, "paid_peak_kw", 0.0), _at_least(section, "worth_kwh_per_kw", 0.0)
    for name, value in (("paid_peak_kw", paid), ("worth_kwh_per_kw", worth)):
        if value is None and not section.has(name):
            section.faults.note(f"{section.path}{name}", "is missing")
    return None if paid is None or worth is None else DemandCharge(paid_peak_kw=paid, worth_kwh_per_kw=worth)


def _at_least(section: Section, name: str, least: float) -> float | None:
    """An optional number that is not below ``least``."""
    value = section.number(name, optional=True)
    if value is not None and value < least:
        section.faults.note(f"{section.path}{name}", f"must be at least {least:g}, not {value:g}")
        return None
    return value
