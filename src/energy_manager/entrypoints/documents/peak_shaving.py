"""The JSON of peak shaving plans."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.application.peak_shaving import PlanPeakShaving
from energy_manager.application.planned import Planned, note_gap, run_planner
from energy_manager.domain.peak_shaving.request import plan_document, planning_request


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakShavingOptions:
    """How long the solver may search, s; the exact planner needs no limit."""

    time_limit_s: float = 10.0


def plan_peak_shaving_document(text: bytes, options: PeakShavingOptions) -> Planned[bytes]:
    """Plan the storages that the request in ``text`` tells of."""
    plan_peak_shaving = PlanPeakShaving(solver=HighsStoragePlanner(time_limit_s=options.time_limit_s))

    def plan() -> bytes:
        request = planning_request(read_json(text, exact=False))
        found = plan_peak_shaving(request.problem)
        if found.optimal:
            note_gap(0.0)
        return write_json(plan_document(request, found))

    return run_planner(plan)
