"""Whether a request can be decided at all."""

from __future__ import annotations

from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.timetable_state import TimetableState
from energy_manager.domain.appliances.units import FOREVER_US
from energy_manager.domain.errors import faults_of, refuse


def check_request(table: TimetableState, request: RunRequest) -> None:
    """Raise ``Refused`` for a request that names what does not exist, or an appliance that is busy."""
    household, appliance, run_id = request.household, request.appliance, request.run_id
    is_taken = run_id in table.runs or any(waiting.run_id == run_id for waiting in table.queue)
    busy, occupied = table.busy_run(household, appliance), None
    if busy is not None and not request.is_queued:
        state = "running" if busy.has_started(table.now_us) else "waiting to run"
        occupied = f"{appliance!r} of household {household!r} is already {state}"
    elif busy is not None and busy.end_us >= FOREVER_US:
        occupied = f"{appliance!r} runs without end, nothing can wait behind it"
    faults = {
        "household": None if household in table.homes else f"{household!r} is unknown",
        "run_id": f"{run_id!r} is taken" if is_taken else None,
        "appliance": occupied,
    }
    refuse(faults_of(faults))
