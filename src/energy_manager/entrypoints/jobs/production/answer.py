"""How job 5 answers: the challenge's reply, or the plan with cost, marginal price, proof and reasons."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.domain.production import ProductionPlan, ProductionRequest
from energy_manager.domain.production.details import marginal_price, plant_details
from energy_manager.domain.production.plants import STEPS_PER_MW
from energy_manager.entrypoints.jobs.production.options import ProductionOptions


class PlantPower(TypedDict):
    """What a plant is to produce."""

    name: str
    p: Annotated[float, Field(description="MW, a multiple of 0.1")]


class PlantAnswer(PlantPower):
    """What a plant is to produce, and why."""

    committed: bool
    cost_per_mwh: Annotated[float, Field(description="EUR/MWh")]
    reason: str


class ProductionAnswer(TypedDict):
    """The plan with what it costs and why; costs are for one hour."""

    load: Annotated[float, Field(description="MW")]
    cost: Annotated[float, Field(description="EUR/h")]
    lower_bound: Annotated[float, Field(description="EUR/h; no plan costs less")]
    optimal: Annotated[bool, Field(description="whether the cost is proved to be the least")]
    marginal_price: Annotated[float | None, Field(description="EUR/MWh; what a load that is 1 MW greater costs more")]
    marginal_price_reason: Annotated[str | None, Field(description="why there is no marginal price")]
    plants: list[PlantAnswer]


def write_reply(_: ProductionRequest, found: ProductionPlan) -> bytes:
    """Every plant once, in merit order, its power with exactly one decimal; see ``PlantPower``.

    Written piece by piece: exact, and in half the time that a list of dicts takes.
    """
    powers = [
        f'{{"name":{encode_basestring_ascii(name)},"p":{steps // STEPS_PER_MW}.{steps % STEPS_PER_MW}}}'
        for name, steps in zip(found.names, found.powers, strict=True)
    ]
    return f"[{','.join(powers)}]".encode("ascii")


def write_details(request: ProductionRequest, found: ProductionPlan, options: ProductionOptions) -> bytes:
    """The plan with cost, marginal price, proof and reasons."""
    return write_json(details_of(request, found, options))


def details_of(request: ProductionRequest, found: ProductionPlan, options: ProductionOptions) -> ProductionAnswer:
    """The detailed answer as values; the marginal price takes a plan of its own, within the same time limit."""
    price = marginal_price(request, found, co2=options.co2, wind=options.wind, time_limit_s=options.time_limit_s)
    plants = plant_details(request, found, co2=options.co2, wind=options.wind)
    return {
        "load": float(request.load_mw),
        "cost": found.cost_eur,
        "lower_bound": found.lower_bound_eur,
        "optimal": found.is_optimal,
        "marginal_price": price.eur_per_mwh,
        "marginal_price_reason": price.reason,
        "plants": [
            {
                "name": plant.name,
                "p": plant.power / STEPS_PER_MW,
                "committed": plant.is_running,
                "cost_per_mwh": plant.cost_eur_per_mwh,
                "reason": plant.reason,
            }
            for plant in plants
        ],
    }
