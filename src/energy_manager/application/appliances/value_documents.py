"""Exact numbers, courses and step functions as parts of documents, and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.appliances.power_course import PowerCourse
from energy_manager.domain.appliances.units import Watts, exact_number

Body = dict[str, Any]


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
