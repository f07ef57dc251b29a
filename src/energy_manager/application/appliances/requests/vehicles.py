"""What a household's car must have taken by when: a run of its charger."""

from __future__ import annotations

from fractions import Fraction

from energy_manager.application.appliances.building import Building
from energy_manager.application.appliances.requests.fields import known_fields
from energy_manager.application.appliances.requests.runs import read_run
from energy_manager.domain.appliances import RunRequest
from energy_manager.domain.appliances.reading import Reader
from energy_manager.domain.errors import Refused

MOST_KWH = 1000
"""More than any car holds."""

_KEYS = ("ready_by", "energy_kwh", "profile", "not_before")


def read_vehicle(document: object, building: Building, household: str, vehicle: str) -> RunRequest:
    """The run that charges ``energy_kwh`` from now on and is over by ``ready_by``; it may pause.

    Raises:
        Refused: with every fault, one of them that there is no such charger.
    """
    reader = Reader()
    fields = known_fields(reader, document, _KEYS)
    energy_kwh = reader.number(fields.get("energy_kwh"), "energy_kwh", above=0, at_most=MOST_KWH, unit="kWh")
    if fields.get("ready_by") is None:
        reader.fault("ready_by", "is missing: HH:MM of the household's clock, or a time with its zone")
    if reader.faults or energy_kwh is None:
        raise Refused(reader.faults)
    run: dict[str, object] = {name: fields[name] for name in ("profile", "not_before") if name in fields}
    run |= {"household": household, "appliance": vehicle, "interruptible": True}
    number = str(building.next_number)
    # Its power is the charger's own, so how long it lasts is known once that has been read.
    power_w = read_run(run, building, run_id=number, now_us=building.now_us).power_w
    duration_min = Fraction(60_000 * energy_kwh, power_w)
    run |= {"duration_min": duration_min, "ready_by": fields["ready_by"]}
    return read_run(run, building, run_id=number, now_us=building.now_us)
