"""When a vehicle must be ready, and with how much energy: what people ask of the planner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.quantities import AssetId

KIND = "vehicle_departure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A vehicle is to hold ``energy_kwh`` when it leaves at ``ready_by`` (aware)."""

    vehicle: AssetId
    ready_by: datetime
    energy_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """The departures of a site's vehicles, one each; the newest word counts."""

    documents: DocumentRepository

    def put(self, departure: Departure) -> int:
        """Durable when the call returns; the version."""
        return self.documents.put_document(KIND, departure.vehicle, body_of(departure, without={"vehicle"})).version

    def of(self, vehicle: AssetId) -> tuple[Departure, int] | None:
        """A vehicle's departure and its version, past ones too."""
        found = self.documents.document(KIND, vehicle)
        return None if found is None else (of_body(Departure, found.body, known={"vehicle": vehicle}), found.version)

    def versions(self) -> dict[str, int]:
        """A number that changes with each departure, by vehicle."""
        return {f"vehicle {document.id}": document.version for document in self.documents.documents(KIND)}
