"""Six-field cron expressions, seconds first, in UTC: ``10 */15 * * * *`` is 10 s past every quarter of an hour.

Fields: second, minute, hour, day of the month, month, day of the week. In each: ``*`` (or ``?`` for a day), a value, a
range ``a-b``, a step ``*/n``, ``a/n`` or ``a-b/n``, and lists of those. Months and days have names too (JAN, MON);
Sunday is 0 and 7. Where both days are restricted, either will do, as in every cron since Vixie's. There is no local
time and so no change of clocks: each instant that fits comes exactly once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

FIELD_NAMES = ("second", "minute", "hour", "day of the month", "month", "day of the week")
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NAMES: Mapping[int, Mapping[str, int]] = {
    4: {name: number for number, name in enumerate(_MONTHS, 1)},
    5: {name: number for number, name in enumerate(_DAYS)},
}
_DAY_FIELDS = (3, 5)
_SUNDAY = 7

# A 29 February is at most eight years away (1896 to 1904, 2096 to 2104).
LONGEST_WAIT = timedelta(days=8 * 366 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed expression; each tuple holds the values that fit, in order. ``weekdays``: Monday is 1, Sunday 7."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    is_either_day_enough: bool
    text: str

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read an expression.

        Raises:
            ValueError: in one sentence, which field cannot be and why; or that its time never comes.
        """
        fields = text.split()
        if len(fields) != len(FIELD_NAMES):
            raise ValueError(f"{text!r} has {len(fields)} fields, there must be six: {', '.join(FIELD_NAMES)}")
        seconds, minutes, hours, days, months, weekdays = (_values(field, place) for place, field in enumerate(fields))
        cron = cls(
            seconds=seconds,
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=tuple(sorted({day or _SUNDAY for day in weekdays})),
            is_either_day_enough=all(fields[place][0] not in "*?" for place in _DAY_FIELDS),
            text=text,
        )
        most_days = max(monthrange(2024, month)[1] for month in months)
        if min(days) > most_days and not cron.is_either_day_enough:
            raise ValueError(f"{text!r} never comes: none of its months has a day {min(days)}")
        return cron

    def next_after(self, now: datetime) -> datetime:
        """The first instant that fits and is later than ``now`` (aware)."""
        earliest = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day = earliest.date()
        moment = self._first_moment(earliest.time()) if self._has_day(day) else None
        while moment is None:
            day += timedelta(days=1)
            assert day - earliest.date() <= LONGEST_WAIT
            moment = self._first_moment(time()) if self._has_day(day) else None
        return datetime.combine(day, moment, tzinfo=UTC)

    def _has_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() in self.weekdays
        return in_month or in_week if self.is_either_day_enough else in_month and in_week

    def _first_moment(self, since: time) -> time | None:
        """The first time of a day that fits and is not before ``since``."""
        for hour in self.hours:
            if hour < since.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (since.hour, since.minute):
                    continue
                is_first = (hour, minute) == (since.hour, since.minute)
                least = since.second if is_first else 0
                second = next((value for value in self.seconds if value >= least), None)
                if second is not None:
                    return time(hour, minute, second)
        return None


def _values(field: str, place: int) -> tuple[int, ...]:
    """All values that a field names, in order."""
    return tuple(sorted({value for part in field.split(",") for value in _part(part, field, place)}))


def _part(part: str, field: str, place: int) -> range:
    """One part of a list: ``*``, ``a``, ``a-b``, each with or without ``/n``."""
    low, high = _BOUNDS[place]
    span, slash, step_text = part.partition("/")
    step = 1
    if slash:
        step = int(step_text) if step_text.isdecimal() else 0
        if step < 1:
            raise _wrong(field, place, f"the step in {part!r} must be a whole number of at least 1")
    if span == "*" or (span == "?" and place in _DAY_FIELDS and not slash):
        return range(low, high + 1, step)
    first_text, dash, last_text = span.partition("-")
    first = _value(first_text, field, place)
    last = _value(last_text, field, place) if dash else high if slash else first
    if place == _DAY_FIELDS[1] and dash and last == 0:
        last = _SUNDAY
    if first > last:
        raise _wrong(field, place, f"the range {span!r} runs backwards")
    return range(first, last + 1, step)


def _value(text: str, field: str, place: int) -> int:
    low, high = _BOUNDS[place]
    named = _NAMES.get(place, {}).get(text.upper())
    if named is not None:
        return named
    number = int(text) if text.isascii() and text.isdecimal() else None
    if number is None or not low <= number <= high:
        names = f" or {', '.join(_NAMES[place])}" if place in _NAMES else ""
        raise _wrong(field, place, f"{text!r} is no number from {low} to {high}{names}")
    return number


def _wrong(field: str, place: int, why: str) -> ValueError:
    return ValueError(f"the {FIELD_NAMES[place]} {field!r}: {why}")
