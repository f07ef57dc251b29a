"""What a day's answer looks like."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class Remedy(TypedDict):
    """What would do instead of a rejection."""

    max_delay_min: float | None
    threshold_w: float | None


class RunAnswer(TypedDict):
    """What becomes of a request."""

    household: str
    appliance: str
    outcome: str
    priority: int
    segments_min: Annotated[list[list[float | None]], Field(description="start and end; null = endless")]
    status: str
    reason: str | None
    shortfall_w: float | None
    would_do: Remedy | None


class FiguresAnswer(TypedDict):
    """Figures of the net load over the window."""

    peak_w: float
    average_w: float
    par: float | None
    dawr: float | None


class BatteryPart(TypedDict):
    """A battery's charge (positive) or discharge."""

    start_min: float
    end_min: float
    charge_w: float


class HouseholdAnswer(FiguresAnswer):
    """A household's figures and what its battery does."""

    id: str
    battery: list[BatteryPart]


class AlertAnswer(TypedDict):
    """What could not be kept."""

    at_min: float
    household: str
    excess_w: float
    message: str


class OptimalityAnswer(TypedDict):
    """How far an offline plan is proved."""

    is_proved: bool
    aim: str
    bound: float | list[float] | None
    resolution_min: float


class DayAnswer(TypedDict):
    """Runs in request order, figures, alerts."""

    runs: list[RunAnswer]
    households: list[HouseholdAnswer]
    total: FiguresAnswer
    alerts: list[AlertAnswer]
    optimality: NotRequired[OptimalityAnswer]
