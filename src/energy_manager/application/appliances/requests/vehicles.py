"""What a household's car must have taken by when: a run of its charger."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from energy_manager.application.appliances.building import Building
from energy_manager.application.appliances.requests.runs import run_asked
from energy_manager.application.appliances.requests.statements import Statement
from energy_manager.domain.appliances import RunRequest
from energy_manager.domain.appliances.units import exact_number


def vehicle_run(stated: Statement, building: Building, household: str, vehicle: str) -> RunRequest:
    """The run that charges ``energy_kwh`` from now on and is over by ``ready_by``; it may pause.

    Raises:
        Refused: with every fault, one of them that there is no such charger.
    """
    run: dict[str, Any] = {name: stated[name] for name in ("profile", "not_before") if name in stated}
    run |= {"household": household, "appliance": vehicle, "interruptible": True}
    number = str(building.next_number)
    # Its power is the charger's own, so how long it lasts is known once that has been read.
    power_w = run_asked(run, building, run_id=number, now_us=building.now_us).power_w
    duration_min = Fraction(60_000 * exact_number(stated["energy_kwh"]), power_w)
    run |= {"duration_min": duration_min, "ready_by": stated["ready_by"]}
    return run_asked(run, building, run_id=number, now_us=building.now_us)
