"""Job 2, appliances: when each run of a smart home may start so that the home stays under its power threshold.

Nouns: ``Household``, ``Battery``, ``Profile``, ``Appliance``, ``RunRequest``, ``Run``. The decision: ``Timetable``, a
pure value; ``Timetable.request`` returns the next value and a ``Decision``. ``plan_day`` replays a whole day.
"""

from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.admission.rejection import Remedy
from energy_manager.domain.appliances.catalogue import CATALOGUE, Appliance, Profile
from energy_manager.domain.appliances.day.document import Day, DayEvent
from energy_manager.domain.appliances.day.planning import plan_day
from energy_manager.domain.appliances.day.scheduling import day_schedule
from energy_manager.domain.appliances.decision import Decision
from energy_manager.domain.appliances.events.alert import Alert
from energy_manager.domain.appliances.events.gate import Gate
from energy_manager.domain.appliances.household import Battery, Household
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.priority import priority_of
from energy_manager.domain.appliances.run import Run, RunRequest, Segment
from energy_manager.domain.appliances.timetable import Timetable

__all__ = [
    "CATALOGUE",
    "Alert",
    "Appliance",
    "Battery",
    "Day",
    "DayEvent",
    "Decision",
    "Gate",
    "Household",
    "Policy",
    "Profile",
    "Remedy",
    "Run",
    "RunRequest",
    "Segment",
    "Step",
    "StepFunction",
    "Timetable",
    "day_schedule",
    "plan_day",
    "priority_of",
]
