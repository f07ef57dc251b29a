"""Households, runs and policies as the bodies of documents, exactly, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from energy_manager.application.appliances.building import InstalledAppliance
from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.domain.appliances import (
    Appliance,
    Battery,
    Decision,
    Household,
    Policy,
    Profile,
    Remedy,
    Run,
    RunRequest,
    Segment,
    StepFunction,
)
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.power_course import PowerCourse
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts, exact_number

Body = dict[str, Any]


def household_to_document(
    household: Household, policy: Policy | None, installed: Mapping[str, InstalledAppliance]
) -> Body:
    """A household with its appliances, all but what its battery holds, which changes from instant to instant."""
    battery = household.battery
    return {
        "threshold_w": number_to_document(household.threshold_w),
        "time_zone": household.time_zone,
        "follows_aggregator": household.follows_building_peak,
        "pv_w": steps_to_document(household.pv_w),
        **({"base_load_w": steps_to_document(household.base_load_w)} if any(household.base_load_w.values) else {}),
        # What it holds changes from instant to instant.
        "battery": None if battery is None else body_of(battery, without={"stored_wh"}),
        "policy": None if policy is None else _policy_to_document(policy),
        "appliances": {name: _installed_to_document(entry) for name, entry in installed.items()},
    }


def household_from_document(household_id: str, body: Body, home: Body) -> Household:
    """Read ``household_to_document`` back; ``home`` is the ledger's, from ``home_to_document``."""
    battery = body["battery"]
    return Household(
        household_id=household_id,
        threshold_w=number_from_document(body["threshold_w"]),
        time_zone=body["time_zone"],
        follows_building_peak=body["follows_aggregator"],
        pv_w=steps_from_document(body["pv_w"]),
        **({"base_load_w": steps_from_document(body["base_load_w"])} if "base_load_w" in body else {}),
        battery=None
        if battery is None
        else of_body(
            Battery,
            battery,
            known={"stored_wh": exact_number(Fraction(number_from_document(home["stored_wus"])) / US_PER_HOUR)},
        ),
    )


def policy_from_document(body: Body) -> Policy | None:
    """The policy in a household's body."""
    policy = body["policy"]
    if policy is None:
        return None
    prices = policy["price_eur_per_mwh"]
    return Policy(
        strategy=policy["strategy"],
        target_peak_w=maybe_from_document(policy["target_peak_w"]),
        price_eur_per_mwh=None if prices is None else steps_from_document(prices),
    )


def prices_to_document(policy: Policy) -> Body | None:
    """The prices that all homes without their own go by."""
    prices = policy.prices
    return None if prices is None else {"buy": steps_to_document(prices.buy), "sell": steps_to_document(prices.sell)}


def with_prices_from_document(policy: Policy, body: Body) -> Policy:
    """Read ``prices_to_document`` back."""
    buy, sell = steps_from_document(body["buy"]), steps_from_document(body["sell"])
    return replace(policy, price_eur_per_mwh=buy, feed_in_eur_per_mwh=sell)


def installed_from_document(household_id: str, body: Body) -> dict[tuple[str, str], InstalledAppliance]:
    """The appliances in a household's body."""
    return {
        (household_id, name): InstalledAppliance(
            appliance=Appliance(
                household=household_id,
                name=name,
                profiles=tuple(entry["profiles"]),
                max_delay_us=entry["max_delay_us"],
            ),
            own=None if entry["own"] is None else _own_profile(name, entry["own"]),
            asset=entry["asset"],
        )
        for name, entry in body["appliances"].items()
    }


def home_to_document(home: Home) -> Body:
    """What of a ledger does not follow from household and runs."""
    recharge = home.recharge
    return {
        "stored_wus": number_to_document(home.stored_wus),
        "recharge": None if recharge is None else [recharge.start_us, recharge.end_us],
    }


def recharge_from_document(body: Body) -> Segment | None:
    """The recharge in a home's body."""
    return None if body["recharge"] is None else _segment(body["recharge"])


def request_to_document(request: RunRequest) -> Body:
    """A request; its id is the document's."""
    profile = {} if request.profile is None else {"profile": course_to_document(request.profile)}
    not_before = {} if request.not_before_us is None else {"not_before_us": request.not_before_us}
    body = body_of(request, without={"run_id", "not_before_us", "profile"})
    return {**body, **not_before, **profile}


def request_from_document(run_id: str, body: Body) -> RunRequest:
    """Read ``request_to_document`` back."""
    profile = {"profile": course_from_document(body["profile"])} if "profile" in body else {}
    return RunRequest(**{**body, **profile, "run_id": run_id, "power_w": number_from_document(body["power_w"])})


def run_to_document(run: Run, rejection: Decision | None) -> Body:
    """A run that was decided, and why it was rejected, if it was."""
    return {
        "request": request_to_document(run.request),
        "segments": [[segment.start_us, segment.end_us] for segment in run.segments],
        "outcome": run.outcome,
        "decision_priority": run.decision_priority,
        "closed_as": run.closed_as,
        **({} if run.lost_to is None else {"lost_to": run.lost_to}),
        "rejection": None if rejection is None else _rejection_to_document(rejection),
    }


def run_from_document(run_id: str, body: Body) -> Run:
    """Read ``run_to_document`` back, all but the rejection."""
    return Run(
        request=request_from_document(run_id, body["request"]),
        segments=tuple(_segment(entry) for entry in body["segments"]),
        outcome=body["outcome"],
        decision_priority=body["decision_priority"],
        closed_as=body["closed_as"],
        lost_to=body.get("lost_to"),
    )


def rejection_from_document(run_id: str, body: Body) -> Decision | None:
    """The rejection in a run's body."""
    rejection = body["rejection"]
    if rejection is None:
        return None
    would_do = rejection["would_do"]
    return Decision(
        run_id=run_id,
        outcome="rejected",
        priority=body["decision_priority"],
        reason=rejection["reason"],
        shortfall_w=maybe_from_document(rejection["shortfall_w"]),
        would_do=None if would_do is None else of_body(Remedy, would_do),
    )


def _policy_to_document(policy: Policy) -> Body:
    prices = policy.price_eur_per_mwh
    return {
        "strategy": policy.strategy,
        "target_peak_w": number_to_document(policy.target_peak_w),
        "price_eur_per_mwh": None if prices is None else steps_to_document(prices),
    }


def _installed_to_document(installed: InstalledAppliance) -> Body:
    own = installed.own
    return {
        "profiles": list(installed.appliance.profiles),
        "max_delay_us": installed.appliance.max_delay_us,
        "asset": installed.asset,
        "own": None
        if own is None
        else {
            **body_of(own, without={"name", "course"}),
            **({} if own.course is None else {"course": course_to_document(own.course)}),
        },
    }


def _own_profile(name: str, body: Body) -> Profile:
    course = {"course": course_from_document(body["course"])} if "course" in body else {}
    return Profile(**{**body, **course, "name": name, "rated_power_w": number_from_document(body["rated_power_w"])})


def _rejection_to_document(rejection: Decision) -> Body:
    would_do = rejection.would_do
    return {
        "reason": rejection.reason,
        "shortfall_w": number_to_document(rejection.shortfall_w),
        "would_do": None if would_do is None else body_of(would_do),
    }


def _segment(body: list[int]) -> Segment:
    return Segment(start_us=body[0], end_us=body[1])


def number_to_document(value: Watts | None) -> int | str | None:
    """Whole numbers as they are, others as text: ``1/3``."""
    return value if value is None or isinstance(value, int) else str(value)


def number_from_document(body: int | str) -> Watts:
    """Read ``number_to_document`` back."""
    return body if isinstance(body, int) else exact_number(Fraction(body))


def maybe_from_document(body: int | str | None) -> Watts | None:
    """Read a number that may be none."""
    return None if body is None else number_from_document(body)


def course_to_document(course: PowerCourse) -> Body:
    """A power over the time of a run."""
    return {"slot_us": course.slot_us, "values_w": [number_to_document(value) for value in course.values_w]}


def course_from_document(body: Body) -> PowerCourse:
    """Read ``course_to_document`` back."""
    return PowerCourse(slot_us=body["slot_us"], values_w=tuple(map(number_from_document, body["values_w"])))


def steps_to_document(steps: StepFunction) -> Body:
    """A step function."""
    return {"starts_us": list(steps.starts_us), "values": [number_to_document(value) for value in steps.values]}


def steps_from_document(body: Body) -> StepFunction:
    """Read ``steps_to_document`` back."""
    return StepFunction(
        starts_us=tuple(body["starts_us"]), values=tuple(number_from_document(value) for value in body["values"])
    )
