"""Days of homes, made up for this benchmark from what such homes usually have: requests, sun, a battery."""

from __future__ import annotations

from typing import Any

Request = dict[str, Any]

# Hour by hour on a clear June day, 3 kW peak on a roof that looks south-south-west, W.
JUNE_SUN_W = [
    0,
    0,
    0,
    0,
    0,
    40,
    190,
    480,
    900,
    1400,
    1850,
    2200,
    2400,
    2450,
    2300,
    2000,
    1600,
    1150,
    700,
    320,
    90,
    10,
    0,
    0,
]


def ask(household: str, row: tuple[str, str, int, int | None, int | None, str]) -> Request:
    """One request: appliance, clock, W, minutes, max delay, and the priority with a ``~`` when it may be paused."""
    appliance, clock, power_w, duration_min, delay_min, kind = row
    hours, minutes = clock.split(":")
    return {
        "household": household,
        "appliance": appliance,
        "power_w": power_w,
        "duration_min": duration_min,
        "max_delay_min": delay_min,
        "interruptible": kind.endswith("~"),
        "priority": kind.rstrip("~"),
        "at_min": int(hours) * 60 + int(minutes),
    }


def couple(household: str) -> list[Request]:
    """A flat with two people, 3,105 W."""
    rows = [
        ("Fridge", "00:00", 120, None, 0, "urgent"),
        ("Router", "00:00", 12, None, 0, "urgent"),
        ("Water heater", "06:00", 1500, 90, 240, "low~"),
        ("Kettle", "07:10", 2000, 5, 5, "urgent"),
        ("Toaster", "07:20", 900, 5, 5, "urgent"),
        ("Hair dryer", "07:40", 1600, 10, 10, "urgent"),
        ("Washing machine", "09:30", 1100, 120, 360, "normal"),
        ("Vacuum cleaner", "10:15", 900, 30, 120, "normal"),
        ("Hob", "12:20", 1800, 30, 10, "urgent"),
        ("Microwave", "12:35", 800, 15, 15, "urgent"),
        ("Iron", "15:00", 2200, 40, 120, "normal"),
        ("Tumble dryer", "15:20", 2000, 75, 300, "low"),
        ("Oven", "18:30", 2300, 50, 20, "urgent"),
        ("Hood", "18:40", 150, 40, 0, "urgent"),
        ("Television", "19:30", 110, 180, 0, "urgent"),
        ("Lights", "20:30", 120, 180, 0, "urgent"),
        ("Dishwasher", "20:40", 1200, 150, 600, "low"),
    ]
    return [ask(household, row) for row in rows]


def family(household: str) -> list[Request]:
    """A house with four people, 4,150 W."""
    rows = [
        ("Fridge", "00:00", 150, None, 0, "urgent"),
        ("Freezer", "00:00", 130, None, 0, "urgent"),
        ("Coffee maker", "06:30", 1000, 10, 10, "urgent"),
        ("Kettle", "06:35", 2000, 5, 5, "urgent"),
        ("Shower heater", "06:40", 2500, 30, 20, "urgent"),
        ("Hair dryer", "07:05", 1600, 10, 15, "urgent"),
        ("Washing machine", "08:00", 1300, 130, 480, "normal"),
        ("Dishwasher", "08:10", 1200, 150, 480, "low"),
        ("Tumble dryer", "10:30", 2200, 90, 480, "low"),
        ("Hob", "12:00", 2600, 35, 10, "urgent"),
        ("Microwave", "12:20", 800, 10, 15, "urgent"),
        ("Vacuum cleaner", "14:00", 900, 40, 180, "normal"),
        ("Washing machine", "14:30", 1300, 130, 480, "normal"),
        ("Iron", "16:00", 2200, 60, 240, "normal"),
        ("Games console", "16:30", 180, 120, 0, "normal"),
        ("Air conditioner", "15:30", 1200, 180, 240, "low~"),
        ("Oven", "18:00", 2400, 60, 15, "urgent"),
        ("Hob", "18:10", 1600, 40, 10, "urgent"),
        ("Hood", "18:10", 150, 50, 0, "urgent"),
        ("Lights", "20:30", 200, 200, 0, "urgent"),
        ("Television", "20:00", 130, 180, 0, "urgent"),
        ("Tumble dryer", "19:30", 2200, 90, 600, "low"),
        ("E-bikes", "21:00", 350, 240, 480, "low~"),
    ]
    return [ask(household, row) for row in rows]


def electric_home(household: str) -> list[Request]:
    """A house with a car and a heat pump for water, 4,600 W, with sun and a battery where the scenario says so."""
    rows = [
        ("Fridge", "00:00", 140, None, 0, "urgent"),
        ("Router", "00:00", 15, None, 0, "urgent"),
        ("Water heat pump", "05:30", 700, 180, 480, "low~"),
        ("Kettle", "06:50", 2000, 5, 5, "urgent"),
        ("Induction", "07:00", 1500, 15, 10, "urgent"),
        ("Washing machine", "08:30", 1200, 120, 480, "normal"),
        ("Pool pump", "09:00", 900, 300, 480, "low~"),
        ("Dishwasher", "13:20", 1100, 150, 480, "low"),
        ("Induction", "12:30", 2400, 35, 10, "urgent"),
        ("Vacuum cleaner", "15:30", 900, 40, 120, "normal"),
        ("Tumble dryer", "16:00", 1900, 80, 480, "low"),
        ("Car", "17:45", 2300, 240, 720, "low~"),
        ("Oven", "18:40", 2500, 55, 20, "urgent"),
        ("Induction", "18:50", 1800, 35, 10, "urgent"),
        ("Kettle", "20:30", 2000, 5, 10, "urgent"),
        ("Television", "20:00", 120, 200, 0, "urgent"),
        ("Lights", "20:45", 180, 180, 0, "urgent"),
    ]
    return [ask(household, row) for row in rows]


def evening(household: str, late_min: int) -> list[Request]:
    """A home between 20:00 and the morning, shifted a little from its neighbours."""
    rows = [
        ("Dishwasher", 1230, 1200, 120, 480, "low"),
        ("Television", 1200, 100, 150, 0, "urgent"),
        ("Tumble dryer", 1260, 1800, 80, 480, "low"),
        ("Water heater", 1300, 1500, 120, 480, "low~"),
        ("Kettle", 1275, 1800, 5, 5, "urgent"),
    ]
    return [
        ask(household, (name, f"{(at + late_min) // 60}:{(at + late_min) % 60}", watts, length, delay, kind))
        for name, at, watts, length, delay, kind in rows
    ]


def home(household: str, threshold_w: int, **more: Any) -> dict[str, Any]:
    """A household of the document."""
    return {"id": household, "threshold_w": threshold_w, "pv_w": None, "battery": None, **more}


def sunny_home(household: str, threshold_w: int, **more: Any) -> dict[str, Any]:
    """A household with 3 kW of sun and a battery of 5 kWh that begins half full."""
    sun = {"resolution_min": 60, "values": JUNE_SUN_W}
    battery = {"capacity_wh": 5000, "power_w": 2000, "depth_of_discharge": 0.9, "stored_wh": 2500}
    return home(household, threshold_w, pv_w=sun, battery=battery, **more)


def scenarios() -> dict[str, dict[str, Any]]:
    """The documents, by what the table calls them."""
    june = {"day": "2026-06-15", "time_zone": "UTC", "strategy": "earliest"}
    followers = [
        home("1", 3105, follows_aggregator=True),
        home("2", 4150, follows_aggregator=True),
        sunny_home("3", 4600, follows_aggregator=True),
    ]
    all_three = [*couple("1"), *family("2"), *electric_home("3")]
    night = [evening(str(number), 7 * number) for number in range(1, 6)]
    return {
        "house 1, 3,105 W": {**june, "households": [home("1", 3105)], "requests": couple("1")},
        "house 2, 4,150 W": {**june, "households": [home("2", 4150)], "requests": family("2")},
        "house 3, sun and battery": {**june, "households": [sunny_home("3", 4600)], "requests": electric_home("3")},
        "three houses, coordinated": {**june, "households": followers, "requests": all_three},
        "five houses, a night": {
            **june,
            "households": [home(str(number), 3000, follows_aggregator=True) for number in range(1, 6)],
            "requests": [request for requests in night for request in requests],
            "window_min": [1200, 2160],
        },
    }
