"""Random fleets by family: the ordinary ones, and those that break naive solvers. Same seed, same fleet."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from energy_manager.domain.production import ProductionRequest
from tests.support.documents import read_production

Family = Callable[[Random, int], dict[str, Any]]
FUELS = {
    "gas(euro/MWh)": Decimal("13.4"),
    "kerosine(euro/MWh)": Decimal("50.8"),
    "co2(euro/ton)": 20,
    "wind(%)": 60,
}


def request(family: str, size: int, seed: int) -> ProductionRequest:
    """Instance ``seed`` of a family with ``size`` plants; its load may be one that no plan meets."""
    rng = Random(f"{family} {size} {seed}")
    return read_production(FAMILIES[family](rng, size))


def challenge(load: object, *, wind: object = 60) -> dict[str, Any]:
    """The six plants of the coding challenge."""
    return {
        "load": load,
        "fuels": {**FUELS, "wind(%)": wind},
        "powerplants": [
            plant("gasfiredbig1", "gasfired", "0.53", 100, 460),
            plant("gasfiredbig2", "gasfired", "0.53", 100, 460),
            plant("gasfiredsomewhatsmaller", "gasfired", "0.37", 40, 210),
            plant("tj1", "turbojet", "0.3", 0, 16),
            plant("windpark1", "windturbine", 1, 0, 150),
            plant("windpark2", "windturbine", 1, 0, 36),
        ],
    }


def plant(name: str, kind: str, efficiency: object, pmin: object, pmax: object) -> dict[str, Any]:
    """One plant as in the challenge's JSON; numbers may be given as text."""
    numbers = {"efficiency": efficiency, "pmin": pmin, "pmax": pmax}
    return {
        "name": name,
        "type": kind,
        **{key: Decimal(value) if isinstance(value, str) else value for key, value in numbers.items()},
    }


def tiny(rng: Random) -> dict[str, Any]:
    """One to eight plants, small powers, few prices: full of ties and gaps."""
    scale = rng.choice((1, 1, 5, 10, 50))
    efficiencies = rng.choice(
        (["0.5"], ["0.5", "0.4"], ["0.5", "0.25", "1"], ["0.53", "0.37", "0.3"], [f"0.{rng.randint(1, 999):03}"] * 2)
    )
    gas, kerosine, co2 = rng.choice(
        ((10, 10, 0), (0, 0, 0), (10, 20, 5), (Decimal("13.4"), Decimal("50.8"), 20), (0, 5, 0))
    )
    kinds = ("gasfired", "turbojet", "windturbine") if rng.random() < 0.7 else ("gasfired",)
    plants: list[dict[str, Any]] = []
    for place in range(rng.randint(1, 8)):
        if plants and rng.random() < 0.3:
            plants.append({**rng.choice(plants), "name": f"plant-{place}"})
            continue
        high = rng.randint(0, 12) * scale
        low = rng.choice((high, rng.randint(0, high), int(high * rng.uniform(0.6, 0.9)), 0))
        plants.append(_plant(place, rng.choice(kinds), Decimal(rng.choice(efficiencies)), low, high))
    total = sum(int(plant["pmax"] * 10) for plant in plants)
    fuels = {"gas(euro/MWh)": gas, "kerosine(euro/MWh)": kerosine, "co2(euro/ton)": co2}
    return {
        "load": _mw(rng.randint(0, total + 2)),
        "fuels": {**fuels, "wind(%)": rng.choice((100, 100, 50, 70, 33, 0))},
        "powerplants": plants,
    }


def crowded(rng: Random) -> dict[str, Any]:
    """Ten to sixty plants of tiny powers and few prices: more ties than anyone can list, and loads for a table."""
    efficiencies = rng.choice((["0.5"], ["0.5", "0.4"], ["0.5", "0.25", "1"], ["0.3", "0.31", "0.32", "0.4", "0.6"]))
    size, unit = rng.randint(10, 60), rng.choice((1, 1, 2, 3))
    plants = []
    for place in range(size):
        kind = rng.choice(("gasfired", "gasfired", "turbojet", "windturbine")) if rng.random() < 0.5 else "gasfired"
        high = unit * rng.randint(1, 12)
        low = rng.choice(
            (high, high, max(0, high - 1), int(high * rng.uniform(0.5, 0.9)), 0 if rng.random() < 0.1 else 1)
        )
        plants.append(_plant(place, kind, Decimal(rng.choice(efficiencies)), min(low, high), high))
    total = sum(int(plant["pmax"] * 10) for plant in plants)
    fuels = {"gas(euro/MWh)": rng.choice((0, 10)), "kerosine(euro/MWh)": 20, "co2(euro/ton)": rng.choice((0, 10))}
    load = min(300, int(total * rng.uniform(0.02, 1.0)))
    return {"load": _mw(load), "fuels": {**fuels, "wind(%)": 100}, "powerplants": plants}


def gappy(rng: Random) -> dict[str, Any]:
    """Two to fourteen plants with hardly a range, of multiples of a few steps but for some: gaps everywhere."""
    efficiencies = rng.choice(
        (
            ["0.5"],
            ["0.5", "0.4"],
            ["0.5", "0.25", "1", "0.8"],
            ["0.50001", "0.5", "0.49999", "0.25"],
            [f"0.{rng.randint(200, 999)}" for _ in range(6)],
        )
    )
    unit, plants = rng.choice((2, 3, 5, 10)), []
    for place in range(rng.randint(2, 14)):
        kind = rng.choice(("gasfired", "gasfired", "turbojet", "windturbine"))
        high = unit * rng.randint(1, 8)
        low = max(0, high - rng.choice((0, 0, 0, 0, 1, 2)))
        if rng.random() < 0.15:
            low = high = high + 1
        plants.append(_plant(place, kind, Decimal(rng.choice(efficiencies)), low, high))
    total = sum(int(plant["pmax"] * 10) for plant in plants)
    gas, kerosine, co2 = rng.choice((0, 10, Decimal("13.4"))), rng.choice((0, 10, 20, 50)), rng.choice((0, 20))
    fuels = {"gas(euro/MWh)": gas, "kerosine(euro/MWh)": kerosine, "co2(euro/ton)": co2, "wind(%)": 100}
    return {"load": _mw(rng.randint(1, total)), "fuels": fuels, "powerplants": plants}


def hostile(rng: Random, size: int) -> dict[str, Any]:
    """Anything: grain, sizes, ranges, costs, kinds, wind and load are drawn for a whole fleet, extremes included."""
    grain = rng.choice((1, 1, 1, 2, 5, 10, 10, 20, 50, 100, 250, 500))
    most = max(1, rng.choice((50, 300, 2000, 5000, 20_000)) // grain)
    ranges = rng.choice(((1, 1), (1, 1), (0.95, 1), (0.99, 1), (0.6, 0.9), (0.2, 0.5), (0, 1), (0, 0.1)))
    fixed_share, odd_share = rng.choice((0, 0, 0.3, 0.9, 1)), rng.choice((0, 0, 0, 0.02, 0.1))
    kinds = rng.choice(
        (
            ["gasfired"],
            ["gasfired", "windturbine"],
            ["gasfired", "turbojet", "windturbine"],
            ["turbojet", "gasfired"],
            [*["windturbine"] * 9, "gasfired"],
            ["windturbine"],
        )
    )
    one_size = rng.choice((None, None, None, rng.randint(1, most) * grain))
    efficiency = _efficiencies(rng)
    plants = []
    for place in range(size):
        high = one_size or rng.randint(1, most) * grain
        low = high if rng.random() < fixed_share else int(high * rng.uniform(*ranges))
        if rng.random() < odd_share:
            high += rng.randint(1, max(1, grain - 1))
        plants.append(_plant(place, rng.choice(kinds), efficiency(), low, high))
    wind = rng.choice((100, 100, 60, 50, 33, 0, Decimal("12.7")))
    total = sum(int(plant["pmax"] * (wind if plant["type"] == "windturbine" else 100) / 10) for plant in plants)
    share = rng.choice(
        (rng.uniform(0.001, 0.05), rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), rng.uniform(0.95, 1))
    )
    whole_mw = rng.choice((1, 10))
    fuels = {"gas(euro/MWh)": rng.choice((0, Decimal("13.4"))), "kerosine(euro/MWh)": rng.choice((0, Decimal("50.8")))}
    return {
        "load": _mw(max(1, int(total * share) // whole_mw) * whole_mw),
        "fuels": {**fuels, "co2(euro/ton)": rng.choice((0, 20)), "wind(%)": wind},
        "powerplants": plants,
    }


def _efficiencies(rng: Random) -> Callable[[], Decimal]:
    """How the efficiencies of one fleet are drawn: one, a catalogue, nearly equal, or random to some decimals."""
    catalogue = [Decimal(rng.randint(25, 62)) / 100 for _ in range(rng.randint(1, 5))]
    decimals = rng.choice((1, 2, 3, 5, 16))
    return rng.choice(
        (
            lambda: Decimal("0.5"),
            lambda: rng.choice(catalogue),
            lambda: Decimal("0.5") + Decimal(rng.randint(0, 999)).scaleb(-7),
            lambda: max(Decimal("0.1"), _efficiency(rng, decimals)),
            lambda: max(Decimal("0.1"), _efficiency(rng, decimals)),
        )
    )


def _mw(steps: int) -> Decimal:
    return Decimal(steps) / 10


def _plant(place: int, kind: str, efficiency: object, low: int, high: int) -> dict[str, Any]:
    return {
        "name": f"{kind}-{place}",
        "type": kind,
        "efficiency": efficiency,
        "pmin": _mw(low),
        "pmax": _mw(high),
    }


def _efficiency(rng: Random, decimals: int = 3) -> Decimal:
    return round(Decimal(rng.uniform(0.25, 0.62)), decimals)


def _document(plants: list[dict[str, Any]], load: int) -> dict[str, Any]:
    return {"load": _mw(load), "fuels": FUELS, "powerplants": plants}


def _share_of_total(rng: Random, plants: list[dict[str, Any]]) -> int:
    shares = {"windturbine": 6}
    total = sum(int(plant["pmax"] * shares.get(plant["type"], 10)) for plant in plants)
    return int(total * rng.uniform(0.2, 0.9))


def _gas_fleet(rng: Random, size: int, low_share: tuple[float, float], decimals: int = 3) -> list[dict[str, Any]]:
    plants = []
    for place in range(size):
        high = rng.randint(100, 5000)
        low = int(high * rng.uniform(*low_share))
        plants.append(_plant(place, "gasfired", _efficiency(rng, decimals), low, high))
    return plants


def ordinary(rng: Random, size: int, decimals: int = 2) -> dict[str, Any]:
    """Half gas with a low of 20 to 50 %, a quarter turbojets, a quarter wind."""
    plants = []
    for place in range(size):
        kind = rng.choice(("gasfired", "gasfired", "turbojet", "windturbine"))
        high = {"gasfired": rng.randint(500, 5000), "turbojet": rng.randint(40, 300)}.get(kind, rng.randint(100, 2000))
        low = int(high * rng.uniform(0.2, 0.5)) if kind == "gasfired" else 0
        efficiency = 1 if kind == "windturbine" else _efficiency(rng, decimals)
        plants.append(_plant(place, kind, efficiency, low, high))
    return _document(plants, _share_of_total(rng, plants))


def ordinary_long_decimals(rng: Random, size: int) -> dict[str, Any]:
    """Ordinary fleets whose efficiencies were never rounded."""
    return ordinary(rng, size, decimals=16)


def identical(rng: Random, size: int) -> dict[str, Any]:
    """One kind of plant, many times."""
    high = rng.randint(100, 5000)
    low = int(high * rng.uniform(0.5, 1))
    plants = [_plant(place, "gasfired", Decimal("0.5"), low, high) for place in range(size)]
    return _document(plants, _share_of_total(rng, plants))


def few_kinds(rng: Random, size: int) -> dict[str, Any]:
    """Three to six kinds of plants, many of each."""
    kinds = _gas_fleet(rng, rng.randint(3, 6), (0.5, 1), 2)
    plants = [{**rng.choice(kinds), "name": f"plant-{place}"} for place in range(size)]
    return _document(plants, _share_of_total(rng, plants))


def wind_only(rng: Random, size: int) -> dict[str, Any]:
    """Wind parks that are on or off: a subset sum at no cost."""
    plants = [_plant(place, "windturbine", 1, 0, rng.randint(50, 2000)) for place in range(size)]
    return _document(plants, _share_of_total(rng, plants))


def wind_near_total(rng: Random, size: int) -> dict[str, Any]:
    """Wind parks with a load just below their sum, where gaps are."""
    document = wind_only(rng, size)
    total = sum(int(plant["pmax"] * 6) for plant in document["powerplants"])
    return {**document, "load": _mw(max(0, total - rng.randint(1, 400)))}


def high_lows(rng: Random, size: int) -> dict[str, Any]:
    """Lows of 60 to 90 % of the highs."""
    plants = _gas_fleet(rng, size, (0.6, 0.9))
    return _document(plants, _share_of_total(rng, plants))


def fixed(rng: Random, size: int) -> dict[str, Any]:
    """Plants that are off or at one power: an exact knapsack."""
    plants = _gas_fleet(rng, size, (1, 1))
    return _document(plants, _share_of_total(rng, plants))


def fixed_long_decimals(rng: Random, size: int) -> dict[str, Any]:
    """Fixed plants whose efficiencies were never rounded."""
    plants = _gas_fleet(rng, size, (1, 1), 16)
    return _document(plants, _share_of_total(rng, plants))


def even_sizes_odd_load(rng: Random, size: int) -> dict[str, Any]:
    """Fixed even powers and an odd load: no plan, and no bound on cost says so."""
    plants = [
        _plant(place, "gasfired", _efficiency(rng), high, high)
        for place, high in enumerate(2 * rng.randint(50, 2500) for _ in range(size))
    ]
    return _document(plants, _share_of_total(rng, plants) | 1)


def one_odd_plant(rng: Random, size: int) -> dict[str, Any]:
    """Fixed even powers, an odd load, and one odd plant among the dearest that saves it."""
    document = even_sizes_odd_load(rng, size - 1)
    document["powerplants"].append(_plant(size, "turbojet", Decimal("0.3"), 301, 301))
    return document


def narrow(rng: Random, size: int) -> dict[str, Any]:
    """Lows of 95 to 100 % of the highs."""
    plants = _gas_fleet(rng, size, (0.95, 1))
    return _document(plants, _share_of_total(rng, plants))


def near_multiples(rng: Random, size: int) -> dict[str, Any]:
    """Narrow plants near multiples of 100 MW, so that sums cluster."""
    plants = []
    for place in range(size):
        high = 1000 * rng.randint(1, 5)
        plants.append(_plant(place, "gasfired", _efficiency(rng), high - rng.randint(0, 8), high))
    return _document(plants, _share_of_total(rng, plants))


def narrow_catalogue(rng: Random, size: int) -> dict[str, Any]:
    """Narrow plants of three sizes only, each with its own cost."""
    plants = []
    for place in range(size):
        high = rng.choice((1000, 2000, 4000))
        low = int(high * rng.choice((Decimal("0.98"), Decimal("0.99"), 1)))
        plants.append(_plant(place, "gasfired", _efficiency(rng), low, high))
    return _document(plants, _share_of_total(rng, plants))


def mixture(rng: Random, size: int) -> dict[str, Any]:
    """Fixed, narrow, high-low and ordinary plants, turbojets and wind, in one fleet."""
    plants = []
    for place in range(size):
        kind = rng.choice(("gasfired", "gasfired", "gasfired", "turbojet", "windturbine"))
        high = rng.randint(50, 5000)
        share = rng.choice((0.0, 0.3, 0.75, 0.97, 1.0))
        plants.append(_plant(place, kind, _efficiency(rng, rng.choice((1, 2, 3))), int(high * share), high))
    return _document(plants, _share_of_total(rng, plants))


def wind_and_big_gas(rng: Random, size: int) -> dict[str, Any]:
    """Wind parks and a few gas plants with high lows, at a load just above all wind: wind has to go to let gas in."""
    gas = max(1, size // 50)
    plants = [_plant(place, "windturbine", 1, 0, rng.randint(20, 500)) for place in range(size - gas)]
    wind = sum(int(plant["pmax"] * 6) for plant in plants)
    for place in range(gas):
        high = rng.randint(3000, 6000)
        plants.append(_plant(place, "gasfired", _efficiency(rng), int(high * rng.uniform(0.5, 0.9)), high))
    return _document(plants, wind + rng.randint(1, 1000))


def free_of_charge(rng: Random, size: int) -> dict[str, Any]:
    """All prices zero: only the tie rule decides."""
    plants = _gas_fleet(rng, size, (0.6, 1), 2)
    document = _document(plants, _share_of_total(rng, plants))
    return {**document, "fuels": {**FUELS, "gas(euro/MWh)": 0, "co2(euro/ton)": 0}}


def near_equal_costs(rng: Random, size: int) -> dict[str, Any]:
    """Efficiencies that differ in the sixth digit, fixed and high-low plants."""
    plants = []
    for place in range(size):
        high = rng.randint(500, 5000)
        low = high if rng.random() < 0.5 else int(high * rng.uniform(0.6, 0.9))
        efficiency = Decimal("0.5") + Decimal(rng.randint(0, 99)).scaleb(-6)
        plants.append(_plant(place, "gasfired", efficiency, low, high))
    return _document(plants, _share_of_total(rng, plants))


def clustered_costs(rng: Random, size: int) -> dict[str, Any]:
    """Three clusters of nearly equal costs, all fixed, sizes multiples of 5 steps but for a few dear plants."""
    plants = []
    for place in range(size):
        high = 5 * rng.randint(20, 1000)
        efficiency = Decimal(rng.choice(("0.3", "0.4", "0.5"))) + Decimal(rng.randint(0, 99)).scaleb(-5)
        plants.append(_plant(place, "gasfired", efficiency, high, high))
    for place in range(min(3, size)):
        high = 5 * rng.randint(20, 1000) + 1
        plants[place] = _plant(place, "turbojet", Decimal("0.3"), high, high)
    return _document(plants, _share_of_total(rng, plants))


FAMILIES: dict[str, Family] = {
    family.__name__: family
    for family in (
        ordinary,
        ordinary_long_decimals,
        identical,
        few_kinds,
        wind_only,
        wind_near_total,
        high_lows,
        fixed,
        fixed_long_decimals,
        even_sizes_odd_load,
        one_odd_plant,
        narrow,
        near_multiples,
        narrow_catalogue,
        mixture,
        wind_and_big_gas,
        free_of_charge,
        near_equal_costs,
        clustered_costs,
        hostile,
    )
}
HARD = tuple(name for name in FAMILIES if not name.startswith("ordinary"))
