"""Times as people write them, and which instant each is: local times exist twice, or not at all, when clocks change.

Meter operators list the quarter hours of an hour that comes twice one after the other; so of two possible instants the
first one that is later than the line before is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy_manager.domain.errors import Fault, Refused

_HOUR = timedelta(hours=1)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})(?P<rest>.*)", re.ASCII | re.DOTALL
)
_MIDNIGHT = re.compile(r"(?P<before>.*[T ])24:00(:00)?", re.ASCII)
_SHORT_HOUR = re.compile(r"(?P<date>.*[T ])(?P<hour>\d):(?P<rest>.*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClock:
    """How times without an offset are meant; ``zone`` None: nobody said, and such times are refused."""

    zone: ZoneInfo | None = None

    def instants(self, times: Sequence[str]) -> list[datetime | str]:
        """The instant of each time in UTC, or what is wrong with it; the times are those of one list, in its order."""
        meanings = [candidates(text, self.zone) for text in times]
        known = [meaning for meaning in meanings if not isinstance(meaning, str)]
        steps = [
            (after[0] > before[0]) - (after[0] < before[0])
            for before, after in pairwise(known)
            if len(before) == 1 or len(after) == 1
        ]
        if sum(steps) < 0:  # the latest comes first
            return self.instants(times[::-1])[::-1]
        in_pairs = any(len(before) > 1 and before == after for before, after in pairwise(known))
        chosen = _in_pairs(meanings) if in_pairs else _in_turn(meanings)
        return _joined_to_what_follows(chosen, meanings)


def clock_of(time_zone: str | None) -> LocalClock:
    """The clock of a zone of the IANA database, such as Europe/Brussels.

    Raises:
        Refused: there is no such zone.
    """
    if time_zone is None:
        return LocalClock()
    try:
        return LocalClock(zone=ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{time_zone[:40]!r} is no time zone, such as Europe/Brussels"
        raise Refused([Fault(field="--time-zone", message=message)]) from None


def candidates(text: str, zone: ZoneInfo | None) -> tuple[datetime, ...] | str:
    """The one or two instants (UTC) that a written time may be, or why there is none.

    ISO 8601, or with the day first: ``25.10.2026 02:15``, ``25/10/2026 02:15:00``. 24:00 is the next midnight.
    """
    written = _written(text)
    if written is None:
        return f"{text[:40]!r} is no time such as 2026-03-02T12:00, 2026-03-02T12:00+01:00 or 02.03.2026 12:00"
    try:
        if written.tzinfo is not None:
            return (written.astimezone(UTC),)
        if zone is None:
            return f"{text} has no offset from UTC: say whose local time it is with --time-zone, or write +01:00 or Z"
        first, second = (written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(zone).replace(tzinfo=None) != written:
            return f"{text} does not exist in {zone.key}, where the clocks are set forward then"
    except OverflowError:
        return f"{text} is too near to the calendar's ends"
    return (first,) if first == second else (first, second)


def _written(text: str) -> datetime | None:
    """The date and time as they stand there, with their offset if they have one."""
    day_first = _DAY_FIRST.fullmatch(text)
    if day_first is not None:
        text = f"{day_first['year']}-{day_first['month']:0>2}-{day_first['day']:0>2}{day_first['rest']}"
    midnight = _MIDNIGHT.fullmatch(text)
    if midnight is not None:
        text = f"{midnight['before']}00:00"
    short = _SHORT_HOUR.fullmatch(text)
    if short is not None:
        text = f"{short['date']}0{short['hour']}:{short['rest']}"
    try:
        written = datetime.fromisoformat(text)
        return written if midnight is None else written + timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def _in_turn(meanings: Sequence[tuple[datetime, ...] | str]) -> list[datetime | str]:
    """Of two instants the first that is later than the one before."""
    chosen: list[datetime | str] = []
    before: datetime | None = None
    for meaning in meanings:
        if isinstance(meaning, str):
            chosen.append(meaning)
            continue
        later = [instant for instant in meaning if before is None or instant > before]
        before = later[0] if later else meaning[-1]
        chosen.append(before)
    return chosen


def _in_pairs(meanings: Sequence[tuple[datetime, ...] | str]) -> list[datetime | str]:
    """The first mention of a time that exists twice is the first instant, the second mention the second."""
    mentioned: set[datetime] = set()
    chosen: list[datetime | str] = []
    for meaning in meanings:
        if isinstance(meaning, str):
            chosen.append(meaning)
            continue
        chosen.append(meaning[-1] if meaning[0] in mentioned else meaning[0])
        mentioned.add(meaning[0])
    return chosen


def _joined_to_what_follows(
    chosen: list[datetime | str], meanings: Sequence[tuple[datetime, ...] | str]
) -> list[datetime | str]:
    """A list that begins within the second of two equal hours: nothing before shows it, the time after does."""
    begins = 0
    while begins < len(meanings) and len(meanings[begins]) > 1 and not isinstance(meanings[begins], str):
        begins += 1
    leading = [instant for instant in chosen[:begins] if isinstance(instant, datetime)]
    after = chosen[begins] if begins < len(chosen) else None
    if not leading or not isinstance(after, datetime) or not timedelta() < after - leading[-1] - _HOUR < _HOUR:
        return chosen
    if any(later <= earlier for earlier, later in pairwise(leading)) or leading[-1] - leading[0] >= _HOUR:
        return chosen
    return [*(instant + _HOUR for instant in leading), *chosen[begins:]]
