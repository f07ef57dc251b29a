"""What each event makes of the building: the building after it, and the answer; nothing is kept here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from energy_manager.application.appliances.building import Building, InstalledAppliance
from energy_manager.application.appliances.desired_state import settings_of
from energy_manager.application.appliances.requests.households import changed_household, household_put
from energy_manager.application.appliances.requests.runs import appliance_put, moved_run, run_asked, vehicle_run
from energy_manager.application.appliances.requests.statements import Statement
from energy_manager.application.appliances.transitions import with_policy, with_wish, withdrawn
from energy_manager.domain.appliances import Decision, RunRequest, StepFunction, Timetable
from energy_manager.domain.appliances.restore import joined
from energy_manager.domain.errors import Fault, Refused


def put_household(building: Building, household_id: str, stated: Statement) -> Building:
    """A household more, or changed into this."""
    wish = household_put(stated, household_id, building)
    if household_id not in building.table.homes:
        return with_policy(building.with_table(joined(building.table, wish.household)), wish)
    return with_wish(building, wish)


def change_household(building: Building, household_id: str, stated: Statement) -> Building:
    """Another threshold, strategy or forecast of a household."""
    household, own = building.household(household_id), building.table.policies.get(household_id)
    return with_wish(building, changed_household(stated, household, own, building))


def restate_household(building: Building, household_id: str, changes: Statement) -> Building:
    """Fields of a household as its site file says them now; forecast, strategy and stored energy stay."""
    household, own = building.household(household_id), building.table.policies.get(household_id)
    wish = household_put({**settings_of(household), **changes}, household_id, building)
    wish = replace(
        wish,
        household=replace(wish.household, pv_w=household.pv_w, base_load_w=household.base_load_w),
        policy=wish.policy if "strategy" in changes else own,
        stored_wh=wish.stored_wh if household.battery is None else None,
    )
    return with_wish(building, wish)


def put_appliance(
    building: Building, household_id: str, name: str, stated: Statement
) -> tuple[Building, InstalledAppliance]:
    """An appliance more, or changed into this."""
    building.household(household_id)
    entry = appliance_put(stated, household_id, name, building)
    return replace(building, installed={**building.installed, (household_id, name): entry}), entry


def ask(building: Building, stated: Statement, others_w: StepFunction | None) -> tuple[Building, Decision]:
    """A run asked for from now on."""
    request = run_asked(stated, building, run_id=str(building.next_number), now_us=building.now_us)
    return _decided(building, request, others_w)


def move(
    building: Building, run_id: str, stated: Statement, others_w: StepFunction | None
) -> tuple[Building, Decision]:
    """A run given up and asked for anew with another longest delay; ``Refused`` where there is no room for it."""
    request = moved_run(stated, building, run_id)
    moved, decision = _decided(end(building, run_id, Timetable.cancel), request, others_w)
    if decision.outcome == "rejected":
        raise Refused([Fault(field="max_delay_min", message=f"the run stays as it is: {decision.reason}")])
    return moved, decision


def charge_vehicle(
    building: Building, household_id: str, vehicle: str, stated: Statement, others_w: StepFunction | None
) -> tuple[Building, Decision]:
    """A car charged by a time in the place of what was planned for it; ``Refused`` where there is no room by then."""
    building.household(household_id)
    request = vehicle_run(stated, building, household_id, vehicle)
    busy = building.table.busy_run(household_id, vehicle)
    freed = building if busy is None else end(building, busy.run_id, Timetable.cancel)
    charged, decision = _decided(freed, request, others_w)
    if decision.outcome == "rejected":
        raise Refused([Fault(field="ready_by", message=f"nothing has changed: {decision.reason}")])
    return charged, decision


def end(building: Building, run_id: str, ended: Callable[..., Timetable]) -> Building:
    """A run finished or cancelled."""
    if any(request.run_id == run_id for request in building.table.queue):
        return withdrawn(building, run_id, ended)
    building.run(run_id)
    return building.with_table(ended(building.table, run_id, at_us=building.now_us))


def _decided(building: Building, request: RunRequest, others_w: StepFunction | None) -> tuple[Building, Decision]:
    table, decision = building.table.request(request, neighbours_w=others_w)
    return replace(building.with_table(table, [decision]), next_number=building.next_number + 1), decision
