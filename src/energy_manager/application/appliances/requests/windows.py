"""When a run may draw power: not before one time, and over by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import instant
from energy_manager.application.appliances.requests.statements import Statement
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.series import microseconds

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWindow:
    """Microseconds since 1970; None: no such bound."""

    not_before_us: int | None
    ready_by_us: int | None


def window_of(stated: Statement, zone: ZoneInfo, now_us: int) -> RunWindow:
    """``not_before`` and ``ready_by``: times with their zone, or of the household's clock.

    ``ready_by`` is the next such time; ``not_before`` the last one before that, or the next one without ``ready_by``.
    So 22:00 and 07:00, said at 23:00, are the night that has begun.

    Raises:
        Refused: ``ready_by`` is past.
    """
    now = instant(now_us)
    ready_by = _time(stated.get("ready_by"), zone, after=now)
    if ready_by is not None and ready_by <= now:
        raise Refused([Fault(field="ready_by", message=f"{ready_by.isoformat()} is past")])
    not_before = _time(stated.get("not_before"), zone, after=now, before=ready_by)
    return RunWindow(
        not_before_us=None if not_before is None or not_before <= now else microseconds(not_before),
        ready_by_us=None if ready_by is None else microseconds(ready_by),
    )


def _time(
    stated: time | datetime | None, zone: ZoneInfo, *, after: datetime, before: datetime | None = None
) -> datetime | None:
    if stated is None or isinstance(stated, datetime):
        return stated
    return _on_clock(stated, zone, after=after, before=before)


def _on_clock(clock: time, zone: ZoneInfo, *, after: datetime, before: datetime | None) -> datetime:
    """The first time after one instant at which the clock shows this, or the last one before another."""
    day = (after if before is None else before).astimezone(zone).date()
    tried = [datetime.combine(day + step * _A_DAY, clock, zone).astimezone(UTC) for step in (-1, 0, 1, 2)]
    if before is None:
        return next(at for at in tried if at > after)
    return next(at for at in reversed(tried) if at < before)
