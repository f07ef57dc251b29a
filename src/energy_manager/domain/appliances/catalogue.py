"""The common appliance profiles that ship: typical nameplate powers and programme lengths of European homes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from energy_manager.domain.appliances.power_course import NEVER_PAUSED, PowerCourse
from energy_manager.domain.appliances.priority import BASE_PRIORITY, PriorityClass
from energy_manager.domain.appliances.units import US_PER_MINUTE, Watts
from energy_manager.domain.errors import faults_of, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an appliance draws while it runs: constant power for a duration (None: until somebody ends it).

    ``course``: its power over that time where it is not constant; ``rated_power_w`` is its greatest.
    """

    name: str
    rated_power_w: Watts
    duration_us: int | None
    is_interruptible: bool
    priority_class: PriorityClass
    course: PowerCourse | None = None

    def __post_init__(self) -> None:
        power_w, duration_us = self.rated_power_w, self.duration_us
        faults = {
            "name": None if self.name else "is empty",
            "rated_power_w": None if power_w > 0 else f"{power_w} is not above 0 W",
            "duration_us": None if duration_us is None or duration_us > 0 else f"{duration_us} is not above 0",
            "priority_class": None if self.priority_class in BASE_PRIORITY else f"{self.priority_class!r} is unknown",
            "profile_w": NEVER_PAUSED if self.course is not None and self.is_interruptible else None,
        }
        refuse(faults_of(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """One device of a household; its name is unique there and it runs once at a time.

    ``max_delay_us`` bounds the total waiting of each of its runs, pauses included; None: it may wait for ever.
    """

    household: str
    name: str
    profiles: tuple[str, ...]
    max_delay_us: int | None

    def __post_init__(self) -> None:
        delay_us = self.max_delay_us
        faults = {
            "name": None if self.name else "is empty",
            "profiles": None if len(set(self.profiles)) == len(self.profiles) else "names a profile twice",
            "max_delay_us": None if delay_us is None or delay_us >= 0 else f"{delay_us} is negative",
        }
        refuse(faults_of(faults))


# Name, watts, minutes (None: endless), may be paused, priority class.
_TABLE: tuple[tuple[str, int, int | None, bool, PriorityClass], ...] = (
    ("Microwave", 800, 20, False, "urgent"),
    ("Kettle", 2000, 5, False, "urgent"),
    ("Toaster", 900, 5, False, "urgent"),
    ("Coffee maker", 1000, 10, False, "urgent"),
    ("Induction hob, one plate", 1800, 30, False, "urgent"),
    ("Induction hob, two plates", 3000, 40, False, "urgent"),
    ("Oven", 2400, 60, False, "urgent"),
    ("Extractor hood", 150, 40, False, "urgent"),
    ("Food processor", 600, 10, False, "urgent"),
    ("Hair dryer", 1800, 10, False, "urgent"),
    ("Iron", 2200, 40, False, "normal"),
    ("Vacuum cleaner", 900, 30, False, "normal"),
    ("Electric shower", 5500, 10, False, "urgent"),
    ("Lighting", 120, None, False, "urgent"),
    ("Television", 110, 180, False, "urgent"),
    ("Desktop computer", 200, 240, False, "urgent"),
    ("Games console", 150, 120, False, "normal"),
    ("Router", 12, None, False, "urgent"),
    ("Refrigerator", 120, None, False, "urgent"),
    ("Freezer", 150, None, False, "urgent"),
    ("Dishwasher, eco", 800, 210, False, "low"),
    ("Dishwasher, quick", 1200, 60, False, "normal"),
    ("Washing machine, 30 °C", 500, 90, False, "normal"),
    ("Washing machine, 60 °C", 1100, 150, False, "normal"),
    ("Tumble dryer", 2000, 90, False, "normal"),
    ("Heat pump dryer", 700, 150, False, "low"),
    ("Air conditioner", 1200, 120, True, "normal"),
    ("Portable heater", 1500, 90, True, "normal"),
    ("Heat pump, heating", 2500, 180, True, "normal"),
    ("Storage water heater", 1500, 150, True, "low"),
    ("Towel rail", 300, 60, True, "low"),
    ("Dehumidifier", 350, 240, True, "low"),
    ("Pool pump", 1100, 360, True, "low"),
    ("Irrigation pump", 750, 60, True, "low"),
    ("E-bike charger", 180, 240, True, "low"),
    ("EV charger, one phase", 3700, 480, True, "low"),
    ("EV charger", 7400, 480, True, "low"),
)

CATALOGUE: Mapping[str, Profile] = MappingProxyType(
    {
        name: Profile(
            name=name,
            rated_power_w=watts,
            duration_us=None if minutes is None else minutes * US_PER_MINUTE,
            is_interruptible=may_pause,
            priority_class=priority_class,
        )
        for name, watts, minutes, may_pause, priority_class in _TABLE
    }
)
