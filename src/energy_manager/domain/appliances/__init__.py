"""Job 2, appliances: when each run of a smart home may start so that the home stays under its power threshold.

Nouns: ``Household``, ``Battery``, ``Profile``, ``Appliance``, ``RunRequest``, ``Run``. The decision: ``Timetable``, a
pure value; ``Timetable.request`` returns the next value and a ``Decision``. ``plan_day`` replays a whole day.
"""

from typing import TYPE_CHECKING

from energy_manager.domain.on_demand import exported

if TYPE_CHECKING:
    from energy_manager.domain.appliances.admission.preference import Policy as Policy
    from energy_manager.domain.appliances.catalogue import (
        CATALOGUE as CATALOGUE,
        Appliance as Appliance,
        Profile as Profile,
    )
    from energy_manager.domain.appliances.day.document import Day as Day, DayEvent as DayEvent
    from energy_manager.domain.appliances.day.planning import plan_day as plan_day
    from energy_manager.domain.appliances.day.scheduling import day_schedule as day_schedule
    from energy_manager.domain.appliances.decision import Alert as Alert, Decision as Decision, Remedy as Remedy
    from energy_manager.domain.appliances.events.gate import Gate as Gate
    from energy_manager.domain.appliances.household import Battery as Battery, Household as Household
    from energy_manager.domain.appliances.ledger.step_function import Step as Step, StepFunction as StepFunction
    from energy_manager.domain.appliances.priority import priority_of as priority_of
    from energy_manager.domain.appliances.run import Run as Run
    from energy_manager.domain.appliances.run_request import RunRequest as RunRequest, Segment as Segment
    from energy_manager.domain.appliances.timetable import Timetable as Timetable

__getattr__ = exported(
    __name__,
    {
        ".admission.preference": "Policy",
        ".catalogue": "CATALOGUE Appliance Profile",
        ".day.document": "Day DayEvent",
        ".day.planning": "plan_day",
        ".day.scheduling": "day_schedule",
        ".decision": "Alert Decision Remedy",
        ".events.gate": "Gate",
        ".household": "Battery Household",
        ".ledger.step_function": "Step StepFunction",
        ".priority": "priority_of",
        ".run": "Run",
        ".run_request": "RunRequest Segment",
        ".timetable": "Timetable",
    },
)
