"""A plan with the change to the store that makes it what the site does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.durability import Activation, JsonObject, PutActivation, PutSchedule
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, refuse_unfit
from energy_manager.domain.site import PlanningSite


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a plan is to be activated: on which site, at what time, and what was said beside the request.

    ``schedule_id`` None: the job's own name for it. ``start`` and ``minutes`` are for plans without times of their own,
    ``asset`` is for a storage that its request gives no name.
    """

    site: PlanningSite
    now: datetime
    schedule_id: str | None = None
    start: datetime | None = None
    minutes: float | None = None
    asset: AssetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWithSchedule:
    """A planner's answer, and what the store must keep for the loop to follow it."""

    document: bytes
    change: PutSchedule | PutActivation


def activatable(
    document: bytes, schedule: Schedule, wish: Wish, *, terms: JsonObject | None = None
) -> PlanWithSchedule:
    """The plan as a change to the store; with ``terms`` it is an activation.

    Raises:
        Refused: the schedule names what the site has not, says nothing, or is over already.
    """
    if schedule.end is None:
        raise Refused([Fault(field="activate", message="the plan tells no asset anything, there is nothing to follow")])
    if schedule.end <= wish.now:
        message = f"the plan ends at {schedule.end.isoformat()}, and it is {wish.now.isoformat()} already"
        raise Refused([Fault(field="activate", message=message)])
    wish.site.refuse_strangers(schedule.assets)
    refuse_unfit(schedule, wish.site)
    if terms is None:
        return PlanWithSchedule(document=document, change=PutSchedule(schedule=schedule))
    return PlanWithSchedule(
        document=document, change=PutActivation(activation=Activation(schedule=schedule, terms=terms))
    )


def schedule_of(change: PutSchedule | PutActivation) -> Schedule:
    """The schedule that the change puts."""
    return change.schedule if isinstance(change, PutSchedule) else change.activation.schedule


def fresh_id(job: str, start: datetime) -> str:
    """A name that no other schedule has: two activations may hold for the same time."""
    return f"{job}:{start:%Y-%m-%dT%H:%MZ}:{secrets.token_hex(3)}"
