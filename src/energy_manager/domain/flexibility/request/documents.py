"""Requests for an activation, made from parsed JSON; whatever is wrong with one is listed by the path of its field.

A document consists of dict, list, str, int, bool, None and ``decimal.Decimal`` for every number that is not an integer,
as ``json.loads(text, parse_float=Decimal)`` makes it; NaN and Infinity may occur.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.flexibility.assets import Offer
from energy_manager.domain.flexibility.engines import ENGINES
from energy_manager.domain.flexibility.request.fields import (
    FaultList,
    read_day,
    read_seconds,
    read_whole_kw,
    shown,
)
from energy_manager.domain.flexibility.request.inline_offer import read_offer

PLAN_FIELDS = ("volume", "date", "assets", "engine", "time_limit_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRequest:
    """What ``POST /assets`` asks for: a volume on a day."""

    volume_kw: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What a flexibility plan is asked for.

    ``offer`` None: the registry's assets; ``day`` None: whatever their availability; ``engine`` None: the one that is
    set.
    """

    volume_kw: int
    day: date | None
    offer: Offer | None
    engine: str | None
    time_limit_s: float | None


def parse_activation_request(document: object) -> ActivationRequest:
    """The request of ``POST /assets``, ``{"date": "2026-11-20", "volume": 100}``; other members are ignored.

    Raises:
        Refused: every fault by the path of its field.
    """
    members, faults = _members(document)
    volume_kw = read_whole_kw(members.get("volume"), "volume", faults)
    day = read_day(members.get("date"), "date", faults)
    if faults or volume_kw is None or day is None:
        raise Refused(faults)
    return ActivationRequest(volume_kw=volume_kw, day=day)


def parse_plan_request(document: object) -> PlanRequest:
    """The request of a flexibility plan: ``volume``, and optionally the other ``PLAN_FIELDS``.

    ``null`` counts as absent. A member with another name is refused, as it may be a misspelt one.

    Raises:
        Refused: every fault by the path of its field.
    """
    members, faults = _members(document)
    faults.extend(
        Fault(
            field=shown(name, quoted=False), message=f"not a field of a plan request; they are {', '.join(PLAN_FIELDS)}"
        )
        for name in members
        if name not in PLAN_FIELDS
    )
    given = {name: value for name, value in members.items() if value is not None}
    volume_kw = read_whole_kw(given.get("volume"), "volume", faults)
    day = read_day(given["date"], "date", faults) if "date" in given else None
    offer = read_offer(given["assets"], "assets", faults) if "assets" in given else None
    engine = _engine(given["engine"], faults) if "engine" in given else None
    time_limit_s = read_seconds(given["time_limit_s"], "time_limit_s", faults) if "time_limit_s" in given else None
    if faults or volume_kw is None:
        raise Refused(faults)
    return PlanRequest(volume_kw=volume_kw, day=day, offer=offer, engine=engine, time_limit_s=time_limit_s)


def parse_offer(document: object) -> Offer:
    """A registry: the list of assets that ``assets`` of a plan request is.

    Raises:
        Refused: every fault by the path of its field, ``assets[3].volume``.
    """
    faults: FaultList = []
    offer = read_offer(document, "assets", faults)
    if faults or offer is None:
        raise Refused(faults)
    return offer


def _members(document: object) -> tuple[Mapping[str, object], FaultList]:
    if isinstance(document, dict):
        return document, []
    raise Refused([Fault(field="request", message=f"{shown(document)} is not an object with a volume")])


def _engine(value: object, faults: FaultList) -> str | None:
    if isinstance(value, str) and value in ENGINES:
        return value
    faults.append(Fault(field="engine", message=f"{shown(value)} is none of {', '.join(ENGINES)}"))
    return None
