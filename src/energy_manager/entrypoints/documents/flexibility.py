"""The JSON of flexibility activation: the Flexcity test's, and the product's own with bound and proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.application.planned import Planned, note_gap, run_planner
from energy_manager.application.ports.asset_registry import AssetRegistry
from energy_manager.domain.flexibility import (
    parse_activation_request,
    parse_plan_request,
    plan_activation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibilityOptions:
    """What a request leaves open: the assets, the engine, how long to search (s), and which day it is (UTC).

    A request may set its own time limit, up to ``longest_s``.
    """

    registry: AssetRegistry
    today: date
    engine: str = "exact"
    time_limit_s: float = 10.0
    longest_s: float = math.inf


def select_assets_document(text: bytes, options: FlexibilityOptions) -> Planned[bytes]:
    """``POST /assets``: the cheapest assets of the registry that reach a volume on a day."""

    def plan() -> bytes:
        request = parse_activation_request(read_json(text))
        offer = options.registry.offer(options.today).available_on(request.day)
        chosen = plan_activation(offer, request.volume_kw, engine=options.engine, time_limit_s=options.time_limit_s)
        note_gap(chosen.gap)
        return write_json([asset.as_document() for asset in chosen.assets])

    return run_planner(plan)


def plan_flexibility_document(text: bytes, options: FlexibilityOptions) -> Planned[bytes]:
    """The product's own route: with engine, bound and proof, on the registry or on assets in the request."""

    def plan() -> bytes:
        request = parse_plan_request(read_json(text))
        offer = options.registry.offer(options.today) if request.offer is None else request.offer
        if request.day is not None:
            offer = offer.available_on(request.day)
        limit_s = options.time_limit_s if request.time_limit_s is None else request.time_limit_s
        limit_s = min(limit_s, options.longest_s)
        chosen = plan_activation(
            offer, request.volume_kw, engine=request.engine or options.engine, time_limit_s=limit_s
        )
        note_gap(chosen.gap)
        return chosen.as_json().encode()

    return run_planner(plan)
