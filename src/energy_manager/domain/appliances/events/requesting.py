"""Whether a request can be decided at all."""

from __future__ import annotations

from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.timetable_state import TimetableState
from energy_manager.domain.appliances.units import FOREVER_US
from energy_manager.domain.errors import Fault, Refused


def check_request(table: TimetableState, request: RunRequest) -> None:
    """Raise ``Refused`` for a request that names what does not exist, or an appliance that is busy."""
    faults = []
    if request.household not in table.homes:
        faults.append(Fault(field="household", message=f"{request.household!r} is unknown"))
    if request.run_id in table.runs or any(waiting.run_id == request.run_id for waiting in table.queue):
        faults.append(Fault(field="run_id", message=f"{request.run_id!r} is taken"))
    busy = table.busy_run(request.household, request.appliance)
    if busy is not None and not request.is_queued:
        state = "running" if busy.has_started(table.now_us) else "waiting to run"
        message = f"{request.appliance!r} of household {request.household!r} is already {state}"
        faults.append(Fault(field="appliance", message=message))
    if busy is not None and request.is_queued and busy.end_us >= FOREVER_US:
        message = f"{request.appliance!r} runs without end, nothing can wait behind it"
        faults.append(Fault(field="appliance", message=message))
    if faults:
        raise Refused(faults)
