"""Random days of buildings: 10 to 22 requests a home, from the fridge to the car, sun and battery in one of them."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.appliances.houses import Request, home, sunny_home

# Appliance, W, minutes, class (``~``: may be paused), the hours between which it is asked for.
WISHES = [
    ("Coffee maker", 1000, 10, "urgent", (6, 9)),
    ("Kettle", 2000, 5, "urgent", (6, 8)),
    ("Toaster", 900, 5, "urgent", (6, 9)),
    ("Hair dryer", 1800, 10, "urgent", (6, 9)),
    ("Microwave", 800, 15, "urgent", (12, 14)),
    ("Hob at noon", 1800, 30, "urgent", (11, 13)),
    ("Oven", 2400, 50, "urgent", (17, 20)),
    ("Hob", 1800, 35, "urgent", (17, 20)),
    ("Hood", 150, 40, "urgent", (17, 20)),
    ("Television", 110, 180, "urgent", (18, 21)),
    ("Lights", 120, 240, "urgent", (19, 21)),
    ("Computer", 200, 240, "urgent", (8, 18)),
    ("Games console", 150, 120, "normal", (14, 20)),
    ("Kettle, late", 2000, 5, "urgent", (19, 22)),
    ("Iron", 2200, 40, "normal", (9, 19)),
    ("Vacuum cleaner", 900, 30, "normal", (9, 18)),
    ("Washing machine", 1100, 120, "normal", (8, 18)),
    ("Tumble dryer", 2000, 80, "normal", (10, 20)),
    ("Air conditioner", 1200, 120, "normal~", (13, 18)),
    ("Dishwasher", 1200, 120, "low", (13, 22)),
    ("Dishwasher, early", 1200, 120, "low", (8, 10)),
    ("Water heater", 1500, 120, "low~", (5, 22)),
    ("Pool pump", 1100, 300, "low~", (8, 14)),
    ("Irrigation pump", 750, 60, "low~", (5, 21)),
    ("E-bike", 180, 240, "low~", (17, 22)),
    ("Car", 2300, 300, "low~", (16, 21)),
]
DELAYS_MIN = {"urgent": (5, 10, 20, 30), "normal": (60, 120, 240, 360), "low": (240, 480, 600, 720)}

EVENING = [
    ("Television", 100, 150, "urgent", (20, 21), 0),
    ("Lights", 120, 200, "urgent", (20, 21), 0),
    ("Washing machine", 1100, 120, "normal", (20, 21), 240),
    ("Dishwasher", 1200, 120, "low", (20, 22), 480),
    ("Tumble dryer", 1800, 80, "low", (20, 22), 480),
    ("Water heater", 1500, 120, "low~", (21, 23), 480),
    ("E-bike", 180, 240, "low~", (20, 23), 400),
]


def some_home(rng: random.Random, household: str) -> list[Request]:
    """What one home asks for on one day."""
    always = [("Fridge", 130), ("Router", 12)]
    requests = [_ask(household, name, watts, None, 0, "urgent", 0) for name, watts in always]
    for name, watts, length, kind, hours in rng.sample(WISHES, rng.randint(8, 20)):
        delay = rng.choice(DELAYS_MIN[kind.rstrip("~")])
        requests.append(_ask(household, name, watts, length, delay, kind, rng.randint(60 * hours[0], 60 * hours[1])))
    return requests


def some_evening(rng: random.Random, household: str) -> list[Request]:
    """What one home asks for between 20:00 and 23:00; most of it may wait until the morning."""
    return [
        _ask(household, name, watts, length, delay, kind, rng.randint(60 * hours[0], 60 * hours[1]))
        for name, watts, length, kind, hours, delay in EVENING
        if kind == "urgent" or rng.random() < 0.6
    ]


def _ask(household: str, name: str, watts: int, length: int | None, delay: int, kind: str, at_min: int) -> Request:
    return {
        "household": household,
        "appliance": name,
        "power_w": watts,
        "duration_min": length,
        "max_delay_min": delay,
        "interruptible": kind.endswith("~"),
        "priority": kind.rstrip("~"),
        "at_min": at_min,
    }


def random_days(seed: int) -> dict[str, dict[str, Any]]:
    """The documents of one seed, by what the table calls them."""
    june = {"day": "2026-06-15", "time_zone": "UTC", "strategy": "earliest"}
    alone, shared, night = random.Random(seed), random.Random(seed + 1000), random.Random(seed + 2000)
    homes = [
        home("1", 3105, follows_aggregator=True),
        home("2", 4150, follows_aggregator=True),
        sunny_home("3", 4300, follows_aggregator=True),
    ]
    names = [str(number) for number in range(1, 6)]
    return {
        "a house, sun and battery": {
            **june,
            "households": [sunny_home("3", 4300)],
            "requests": some_home(alone, "3"),
        },
        "three houses": {
            **june,
            "households": homes,
            "requests": [request for each in homes for request in some_home(shared, each["id"])],
        },
        "five houses, a night": {
            **june,
            "households": [home(name, 3000, follows_aggregator=True) for name in names],
            "requests": [request for name in names for request in some_evening(night, name)],
            "window_min": [1200, 2160],
        },
    }
