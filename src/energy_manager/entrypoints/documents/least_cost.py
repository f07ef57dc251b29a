"""Departures and savings as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from energy_manager.application.least_cost.vehicles import Departure
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.application.ports.records.report import DaySavings
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.jobs.exact import ExactModel, Instant, Number, RequestModel


class DepartureDocument(ExactModel):
    """When a vehicle must be ready, and what it is to hold then."""

    ready_by: Instant
    energy_kwh: Annotated[float, Number(at_least=0, at_most=10_000)]


DEPARTURE: RequestModel[DepartureDocument] = RequestModel(DepartureDocument, decimals=False)


def read_departure(text: bytes, vehicle: str) -> PlannerResult[Departure]:
    """The departure in a JSON text."""

    def read() -> Departure:
        document = DEPARTURE.read(text)
        return Departure(vehicle=vehicle, ready_by=document.ready_by, energy_kwh=document.energy_kwh)

    return run_planner(read)


def departure_document(departure: Departure, version: int) -> dict[str, Any]:
    """A departure as it is answered."""
    return {
        "vehicle": departure.vehicle,
        "ready_by": utc_text(departure.ready_by),
        "energy_kwh": departure.energy_kwh,
        "version": version,
    }


def savings_document(days: Sequence[DaySavings]) -> dict[str, Any]:
    """The days and their sums; money to a hundredth of a cent."""
    return {
        "currency": days[-1].currency if days else "",
        "days": [
            {
                "day": own.day.isoformat(),
                "hours": own.hours,
                **{
                    name: round(getattr(own, name), 4)
                    for name in ("cost", "rule_cost", "foresight_cost", "saved", "possible")
                },
            }
            for own in days
        ],
        "saved": round(sum(own.saved for own in days), 4),
        "possible": round(sum(own.possible for own in days), 4),
    }
