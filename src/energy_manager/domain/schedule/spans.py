"""For how long a plan without times of its own is to hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from energy_manager.domain.errors import Fault, Refused

USUAL = timedelta(hours=1)
"""A plan that nobody replaces or ends does not hold for ever."""

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open stretch of time ``[start, end)``, in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, *, now: datetime, start: datetime | None, minutes: float | None) -> Span:
        """From ``start`` (None: now) on for that long (None: an hour).

        Raises:
            Refused: the start has no time zone or is beyond the calendar, or the length is not above 0 and at most
                366 days.
        """
        if start is not None and start.utcoffset() is None:
            raise Refused([Fault(field="from", message=f"{start.isoformat()} has no time zone")])
        most = LONGEST / timedelta(minutes=1)
        if minutes is not None and not 0 < minutes <= most:
            raise Refused([Fault(field="for_min", message=f"{minutes:g} is not above 0 and at most {most:g} minutes")])
        lasting = USUAL if minutes is None else max(timedelta(minutes=minutes), timedelta(microseconds=1))
        begin = now if start is None else start
        try:
            return cls(start=begin.astimezone(UTC), end=(begin + lasting).astimezone(UTC))
        except OverflowError:
            message = f"{begin.isoformat()} is too near to the calendar's ends"
            raise Refused([Fault(field="from", message=message)]) from None

    @classmethod
    def of_day(cls, day: date, zone: tzinfo = UTC) -> Span:
        """A whole day of a time zone: 23 or 25 hours where its clocks change.

        Raises:
            Refused: it is the calendar's last.
        """
        try:
            start, end = (datetime.combine(at, time(), zone) for at in (day, day + timedelta(days=1)))
            return cls(start=start.astimezone(UTC), end=end.astimezone(UTC))
        except OverflowError:
            raise Refused([Fault(field="date", message=f"{day} is the last day of the calendar")]) from None

    def lies_in(self, other: Span) -> bool:
        """Whether no moment of it is outside the other."""
        return other.start <= self.start and self.end <= other.end
