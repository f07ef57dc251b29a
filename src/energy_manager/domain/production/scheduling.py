"""A production plan as a schedule: every plant is the asset of its name."""

from __future__ import annotations

from energy_manager.domain.production.plan import ProductionPlan
from energy_manager.domain.production.plants import STEPS_PER_MW
from energy_manager.domain.schedule import Schedule, Source, Span, TimeBlock

KW_PER_STEP = 1000 // STEPS_PER_MW


def production_schedule(plan: ProductionPlan, *, schedule_id: str, span: Span, steps_per_kw: int) -> Schedule:
    """Every plant at its power for the span; a tenth of a MW is a whole number of power steps in every unit.

    Raises:
        Refused: the id can be none.
    """
    targets = {name: power * KW_PER_STEP * steps_per_kw for name, power in zip(plan.names, plan.powers, strict=True)}
    blocks = (TimeBlock(start=span.start, end=span.end, targets=targets),) if targets else ()
    return Schedule(id=schedule_id, source=Source.PRODUCTION, blocks=blocks)
