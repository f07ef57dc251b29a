"""An activation as a schedule: the chosen assets deliver their volumes while it lasts, then get their own back."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.flexibility.plan import ActivationPlan
from energy_manager.domain.schedule import Schedule, Source, Span, TimeBlock


def activation_span(
    day: date | None, *, now: datetime, start: datetime | None, minutes: float | None, time_zone: str = "UTC"
) -> Span:
    """When the volume is delivered: the whole day of the site that was asked for, unless start or length say else.

    Without a day from ``start`` (None: now) on, for an hour unless another length is given.

    Raises:
        Refused: start or length are not acceptable, or reach beyond the day.
    """
    if day is None:
        return Span.of(now=now, start=start, minutes=minutes)
    whole_day = Span.of_day(day, ZoneInfo(time_zone))
    if start is None and minutes is None:
        return whole_day
    span = Span.of(now=now, start=start, minutes=minutes)
    if not span.lies_in(whole_day):
        said = f"{span.start.isoformat()} to {span.end.isoformat()}"
        message = f"{said} is not within {day} ({time_zone}), which is asked for"
        raise Refused([Fault(field="from", message=message)])
    return span


def activation_schedule(plan: ActivationPlan, *, schedule_id: str, span: Span, steps_per_kw: int) -> Schedule:
    """Each chosen asset at its whole volume.

    Raises:
        Refused: the id can be none.
    """
    targets = {asset.code: asset.volume_kw * steps_per_kw for asset in plan.assets}
    block = TimeBlock(start=span.start, end=span.end, targets=targets)
    return Schedule(id=schedule_id, source=Source.FLEXIBILITY, blocks=(block,))
