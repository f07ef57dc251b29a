"""Days of smart homes for tests: short ways to write them, random ones, and the laws every answer must keep."""

from __future__ import annotations

import random
from typing import Any

from tests.support.documents import plan_day

_TOLERANCE = 1e-6


def ask(
    appliance, at_min, power_w, duration_min, *, delay=0, priority="normal", may_pause=False, household="1", **more
):
    """One request of the document."""
    return {
        "household": household,
        "appliance": appliance,
        "power_w": power_w,
        "duration_min": duration_min,
        "max_delay_min": delay,
        "interruptible": may_pause,
        "priority": priority,
        "at_min": at_min,
        **more,
    }


def home(threshold_w=3000, *, household="1", pv_w=None, battery=None, follows=False):
    """One household of the document; ``pv_w`` as a list is one value an hour."""
    sun = {"resolution_min": 60, "values": pv_w} if isinstance(pv_w, list) else pv_w
    return {
        "id": household,
        "threshold_w": threshold_w,
        "pv_w": sun,
        "battery": battery,
        "follows_aggregator": follows,
    }


def battery(capacity_wh=5000, power_w=1400, *, depth=0.8, stored_wh=None):
    """A battery of the document, full unless told."""
    stored = capacity_wh if stored_wh is None else stored_wh
    return {"capacity_wh": capacity_wh, "power_w": power_w, "depth_of_discharge": depth, "stored_wh": stored}


def day(*requests, homes=None, events=(), **more):
    """A document for one day."""
    return {
        "day": "2026-06-15",
        "time_zone": "UTC",
        "strategy": "earliest",
        "households": [home()] if homes is None else homes,
        "requests": list(requests),
        "events": list(events),
        **more,
    }


def planned(*requests, **more):
    """The answer's runs by appliance."""
    return {run["appliance"]: run for run in plan_day(day(*requests, **more))["runs"]}


def segments(*requests, **more):
    """The segments by appliance, in minutes."""
    return {name: run["segments_min"] for name, run in planned(*requests, **more).items()}


def random_day(seed: int) -> dict[str, Any]:
    """A house with up to a dozen requests, perhaps sun, a battery and events."""
    rng = random.Random(seed)
    count = rng.randint(1, 12)
    at_min = 0
    requests = []
    for index in range(count):
        at_min += rng.choice([0, 0, 10, 30, 60, 120])
        requests.append(
            ask(
                f"a{index}",
                at_min,
                rng.choice([500, 800, 1200, 2000, 2500, 4000]),
                None if rng.random() < 0.03 else rng.choice([10, 30, 60, 120, 12.5]),
                delay=rng.choice([0, 30, 60, 120, 300, None]),
                may_pause=rng.random() < 0.5,
                priority=rng.choice(["low", "normal", "urgent"]),
            )
        )
    sun = [0] * 6 + [rng.randint(0, 3000) for _ in range(12)] + [0] * 6 if rng.random() < 0.4 else None
    storage = None
    if rng.random() < 0.4:
        capacity = rng.choice([2000, 5000])
        storage = battery(
            capacity,
            rng.choice([800, 1500]),
            depth=rng.choice([0.8, 1]),
            stored_wh=rng.choice([0, capacity // 2, capacity]),
        )
    events = [_random_event(rng, count, at_min) for _ in range(rng.randint(1, 3))] if rng.random() < 0.4 else []
    return day(
        *requests,
        homes=[home(rng.choice([2000, 3000, 3105, 4150]), pv_w=sun, battery=storage)],
        events=events,
        strategy=rng.choice(["earliest", "earliest", "flat", "target_peak", "cost"]),
        target_peak_w=rng.choice([None, 2000]),
        price_eur_per_mwh=[rng.randint(-20, 200) for _ in range(24)],
    )


def random_building(seed: int) -> dict[str, Any]:
    """Two or three such houses in one building without events, perhaps with a limit; any strategy but cost."""
    rng = random.Random(seed)
    houses = {str(number): random_day(rng.randint(0, 10**9)) for number in range(1, rng.randint(2, 3) + 1)}
    does_follow = rng.random() < 0.6
    requests = [{**request, "household": name} for name, house in houses.items() for request in house["requests"]]
    return day(
        *sorted(requests, key=lambda request: request["at_min"]),
        homes=[
            {**house["households"][0], "id": name, "follows_aggregator": does_follow} for name, house in houses.items()
        ],
        strategy=rng.choice(["earliest", "flat", "target_peak", "target_peak"]),
        target_peak_w=rng.choice([None, None, 3000]),
        building_limit_w=rng.choice([None, None, 5000]),
    )


def _random_event(rng: random.Random, count: int, last_min: int) -> dict[str, Any]:
    at_min = rng.randint(0, last_min + 60)
    kind = rng.choice(["finish", "cancel", "threshold", "restart"])
    if kind == "threshold":
        return {"event": kind, "at_min": at_min, "household": "1", "threshold_w": rng.choice([1500, 2500, 5000])}
    if kind == "restart":
        return {"event": kind, "at_min": at_min, "until_min": at_min + rng.choice([5, 30, 90])}
    return {"event": kind, "at_min": at_min, "household": "1", "appliance": f"a{rng.randrange(count)}"}


def check_laws(document: dict[str, Any], answer: dict[str, Any]) -> None:
    """Raise ``AssertionError`` for a law of ``specs/appliances.md`` that the answer breaks; for days of one home."""
    is_disturbed = any(event["event"] in {"threshold", "restart"} for event in document["events"])
    if not is_disturbed:
        _threshold_holds(document, answer)
    _battery_keeps_its_limits(document["households"][0]["battery"], answer["households"][0]["battery"])
    for request, run in zip(document["requests"], answer["runs"], strict=True):
        _run_keeps_its_word(document, request, run, answer["alerts"])


def check_building_laws(document: dict[str, Any], answer: dict[str, Any]) -> None:
    """Raise ``AssertionError`` for a law that a home of the building breaks, or the building its limit."""
    parts = []
    for household, home_answer in zip(document["households"], answer["households"], strict=True):
        name = household["id"]
        requests = [request for request in document["requests"] if request["household"] == name]
        runs = [run for run in answer["runs"] if run["household"] == name]
        alerts = [alert for alert in answer["alerts"] if alert["household"] == name]
        parts.append(
            (
                {**document, "households": [household], "requests": requests},
                {"households": [home_answer], "runs": runs, "alerts": alerts},
            )
        )
        check_laws(*parts[-1])
    limit_w = document["building_limit_w"]
    for at_min in instants(answer):
        total_w = sum(net_load_w(*part, at_min) for part in parts)
        assert limit_w is None or total_w <= limit_w + _TOLERANCE, f"the building draws {total_w} W at minute {at_min}"


def net_load_w(document: dict[str, Any], answer: dict[str, Any], at_min: float) -> float:
    """Load - sun + charge of the first home, from the answer's text alone."""
    load = sum(
        request["power_w"]
        for request, run in zip(document["requests"], answer["runs"], strict=True)
        for start, end in run["segments_min"]
        if start <= at_min and (end is None or at_min < end)
    )
    sun = document["households"][0]["pv_w"]
    sun_w = sun["values"][int(at_min // 60)] if sun and at_min < 1440 else 0
    charge_w = sum(
        piece["charge_w"]
        for piece in answer["households"][0]["battery"]
        if piece["start_min"] <= at_min < piece["end_min"]
    )
    return load - sun_w + charge_w


def instants(answer: dict[str, Any]) -> list[float]:
    """Every instant at which the net load may change."""
    found = {float(hour * 60) for hour in range(25)}
    for run in answer["runs"]:
        found.update(float(bound) for segment in run["segments_min"] for bound in segment if bound is not None)
    for home_answer in answer["households"]:
        for piece in home_answer["battery"]:
            found.update((float(piece["start_min"]), float(piece["end_min"])))
    return sorted(found)


def _threshold_holds(document: dict[str, Any], answer: dict[str, Any]) -> None:
    threshold_w = document["households"][0]["threshold_w"]
    for at_min in instants(answer):
        net_w = net_load_w(document, answer, at_min)
        assert net_w <= threshold_w + _TOLERANCE, f"{net_w} W at minute {at_min}"


def _battery_keeps_its_limits(storage: dict[str, Any] | None, pieces: list[dict[str, Any]]) -> None:
    if storage is None:
        assert pieces == []
        return
    stored = storage["stored_wh"]
    floor = storage["capacity_wh"] * (1 - storage["depth_of_discharge"])
    for piece in pieces:
        assert abs(piece["charge_w"]) <= storage["power_w"] + _TOLERANCE
        stored += piece["charge_w"] * (piece["end_min"] - piece["start_min"]) / 60
        assert stored <= storage["capacity_wh"] + 1e-3
        assert piece["charge_w"] > 0 or stored >= floor - 1e-3


def _run_keeps_its_word(
    document: dict[str, Any], request: dict[str, Any], run: dict[str, Any], alerts: list[dict[str, Any]]
) -> None:
    name = request["appliance"]
    is_reported = any(name in alert["message"] for alert in alerts)
    is_over = run["status"] in {"finished", "rejected", "missed", "cancelled"}
    is_endless = request["duration_min"] is None and run["status"] == "running"
    waits_for_ever = request["max_delay_min"] is None and run["status"] in {"pending", "paused"} and is_reported
    assert is_over or is_endless or waits_for_ever
    assert run["status"] != "missed" or is_reported
    assert (run["status"] in {"rejected", "missed"}) == (run["reason"] is not None)
    if not run["segments_min"] or request["duration_min"] is None:
        return
    total = sum(end - start for start, end in run["segments_min"])
    ended_early = any(e["event"] == "finish" and e.get("appliance") == name for e in document["events"])
    if run["status"] == "finished" and not ended_early:
        assert abs(total - request["duration_min"]) <= _TOLERANCE
    waited = run["segments_min"][-1][1] - request["at_min"] - total
    assert request["max_delay_min"] is None or is_reported or waited <= request["max_delay_min"] + _TOLERANCE
