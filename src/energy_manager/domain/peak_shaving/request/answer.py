"""The answer to a planning request, ready for JSON."""

from __future__ import annotations

from typing import Any

from energy_manager.domain.peak_shaving.plan import Plan
from energy_manager.domain.peak_shaving.request.document import PlanningRequest
from energy_manager.domain.series import utc_text


def plan_document(request: PlanningRequest, plan: Plan) -> dict[str, Any]:
    """The plan as the interface promises it; ``violation_at_least_kwh`` is there only while a plan is not proved."""
    reasons = [reason for reason in (request.remark, plan.limited_by) if reason is not None]
    document: dict[str, Any] = {
        "start": utc_text(plan.start),
        "step_s": plan.step_s,
        "charge_kw": list(plan.charge_kw),
        "pcc_import_kw": list(plan.pcc_import_kw),
        "stored_kwh": list(plan.stored_kwh),
        "violation_kwh": plan.violation_kwh,
        "violations": [
            {"time": utc_text(violation.time), "over_kw": violation.over_kw, "limit": violation.limit}
            for violation in plan.violations
        ],
        "change_kwh": plan.change_kwh,
        "optimal": plan.optimal,
        "method": plan.method,
        "limited_by": "; ".join(reasons) or None,
    }
    if not plan.optimal:
        document["violation_at_least_kwh"] = plan.violation_at_least_kwh
    if request.has_storage_list:
        document["storages"] = [
            {"charge_kw": list(storage.charge_kw), "stored_kwh": list(storage.stored_kwh)} for storage in plan.storages
        ]
    return document
