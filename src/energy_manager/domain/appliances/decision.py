"""What became of a request, what would have done, and what the timetable could not keep."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.appliances.run import Outcome
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """The smallest change of one number with which the run would have been accepted; None: no value would do."""

    max_delay_us: int | None
    threshold_w: Watts | None

    @classmethod
    def of(cls, max_delay_us: int | None, threshold_w: Watts | None) -> Remedy | None:
        """The remedy, unless there is none."""
        if max_delay_us is None and threshold_w is None:
            return None
        return cls(max_delay_us=max_delay_us, threshold_w=threshold_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a request.

    ``priority`` is that at the request; ``moved`` names the runs whose segments changed for it. Of a rejected one
    ``shortfall_w`` is the least power that is missing at the best possible start within the max delay. A request that
    waits behind its busy appliance has no decision yet: ``is_queued``.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the timetable could not keep: power above a limit, or a run outside its max delay."""

    at_us: int
    household: str
    excess_w: Watts
    message: str
