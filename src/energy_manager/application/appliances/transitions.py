"""Changes of the building as a value: what the service decides between reading it and keeping it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from energy_manager.application.appliances.building import Building
from energy_manager.application.appliances.requests.households import HouseholdUpdate
from energy_manager.domain.appliances import Run, Timetable
from energy_manager.domain.appliances.units import US_PER_HOUR
from energy_manager.domain.errors import Fault, Refused

BEAT_US = 20_000_000
"""A process that switches says at least this often in the store that it is up, microseconds."""


def with_wish(building: Building, wish: HouseholdUpdate) -> Building:
    """The building with a household changed; what its battery holds stays, unless it is said."""
    building = with_policy(building, wish)
    name = wish.household.household_id
    home, battery = building.table.homes[name], wish.household.battery
    stored_wus = home.stored_wus
    if battery is None:
        stored_wus = 0
    elif wish.stored_wh is not None or home.household.battery is None:
        stored_wh = battery.stored_wh if wish.stored_wh is None else wish.stored_wh
        stored_wus = stored_wh * US_PER_HOUR
    home = replace(home, stored_wus=stored_wus if battery is None else min(stored_wus, battery.capacity_wus))
    if battery is None:
        home = replace(home, recharge=None)
    table, alerts = building.table.with_home(home).change_household(wish.household, at_us=building.now_us)
    return building.with_table(table, alerts=alerts)


def with_policy(building: Building, wish: HouseholdUpdate) -> Building:
    """The building with the household's own policy as it is wished; without one it goes by the building's again."""
    name, table = wish.household.household_id, building.table
    own = table.policies.get(name)
    if wish.policy == own:
        return building
    policy = table.policy if wish.policy is None else wish.policy
    return replace(building, table=building.table.under_policy(policy, household=name))


def withdrawn(building: Building, run_id: str, ended: Callable[..., Timetable]) -> Building:
    """A request that waits behind its appliance was never begun: it can be cancelled, not finished."""
    if ended is not Timetable.cancel:
        raise Refused([Fault(field="run_id", message=f"{run_id!r} has not begun")])
    (request,) = (request for request in building.table.queue if request.run_id == run_id)
    queue = tuple(waiting for waiting in building.table.queue if waiting is not request)
    run = Run(request=request, segments=(), outcome="rejected", decision_priority=0, closed_as="cancelled")
    run = replace(run, decision_priority=replace(run, closed_as=None).priority(building.now_us))
    return replace(building, table=replace(building.table, queue=queue).with_runs([run]))


def as_left(kept: Building, seen_us: int | None) -> Building:
    """The building at the last instant at which somebody switched.

    Commands that came while nobody did have planned starts that nobody carried out, from ``unattended_us`` on.
    """
    if seen_us is not None:
        return kept.advanced_to(seen_us)
    if kept.unattended_us is None:
        return kept
    table, left_us = kept.table, kept.unattended_us - 1
    homes = {name: replace(home, now_us=left_us) for name, home in table.homes.items()}
    return replace(kept, table=replace(table, now_us=left_us, homes=homes))


def is_worth_keeping(before: Building, after: Building) -> bool:
    """Whether time has brought something that a restart must know."""
    if after.up_us is not None and after.up_us - (before.up_us or 0) >= BEAT_US:
        return True
    if before.table.runs != after.table.runs or before.table.queue != after.table.queue:
        return True
    if before.recharged_on != after.recharged_on or before.alerts != after.alerts:
        return True
    since_us, now_us = before.now_us, after.now_us
    return any(
        since_us < boundary <= now_us
        for run in after.table.runs.values()
        if run.end_us > since_us
        for segment in run.segments
        for boundary in (segment.start_us, segment.end_us)
    )
