"""The JSON of flexibility activation: the Flexcity test's, and the product's own with bound and proof."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.application.planner_result import Planned, note_gap, run_planner
from energy_manager.application.ports.asset_registry import AssetRegistry
from energy_manager.domain.flexibility import (
    ActivationPlan,
    PlanRequest,
    activation_schedule,
    activation_span,
    parse_activation_request,
    parse_plan_request,
    plan_activation,
)
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish, activatable, fresh_id


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
    return run_planner(lambda: _plan(parse_plan_request(read_json(text)), options).as_json().encode())


def activate_flexibility_document(text: bytes, options: FlexibilityOptions, wish: Wish) -> Planned[PlanWithSchedule]:
    """The same plan, as an activation of the chosen assets."""

    def plan() -> PlanWithSchedule:
        request = parse_plan_request(read_json(text))
        span = activation_span(request.day, now=wish.now, start=wish.start, minutes=wish.minutes)
        found = _plan(request, options)
        schedule = activation_schedule(
            found,
            schedule_id=wish.schedule_id or fresh_id("flexibility", span.start),
            span=span,
            steps_per_kw=wish.site.steps_per_kw,
        )
        terms = {"asked_kw": request.volume_kw, **found.as_document()}
        return activatable(found.as_json().encode(), schedule, wish, terms=terms)

    return run_planner(plan)


def _plan(request: PlanRequest, options: FlexibilityOptions) -> ActivationPlan:
    offer = options.registry.offer(options.today) if request.offer is None else request.offer
    if request.day is not None:
        offer = offer.available_on(request.day)
    limit_s = options.time_limit_s if request.time_limit_s is None else request.time_limit_s
    limit_s = min(limit_s, options.longest_s)
    found = plan_activation(offer, request.volume_kw, engine=request.engine or options.engine, time_limit_s=limit_s)
    note_gap(found.gap)
    return found
