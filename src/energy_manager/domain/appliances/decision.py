"""What became of a request."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.appliances.admission.rejection import Remedy
from energy_manager.domain.appliances.run import Outcome
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a request.

    ``priority`` is that at the request; ``moved`` names the runs whose segments changed for it. A request that waits
    behind its busy appliance has no decision yet: ``is_queued``.
    """

    run_id: str
    outcome: Outcome | None
    priority: int
    segments: tuple[Segment, ...] = ()
    moved: tuple[str, ...] = ()
    reason: str | None = None
    shortfall_w: Watts | None = None
    would_do: Remedy | None = None
    is_queued: bool = False
