"""A day to plan, as values: what the JSON document says once it has been found good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts

DAYS_PRICED = 3

EventKind: TypeAlias = Literal["finish", "cancel", "threshold", "restart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEvent:
    """Something that happens besides requests; which of the last four are set follows from the kind.

    ``finish`` and ``cancel`` speak of the household's appliance, ``threshold`` of its new limit, ``restart`` says until
    when the process is down.
    """

    at_us: int
    kind: EventKind
    household: str | None = None
    appliance: str | None = None
    threshold_w: Watts | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local day of all households of a building; times are microseconds since its midnight.

    Args:
        length_us: 23, 24 or 25 hours.
        requests: in document order; ``run_id`` is the index as text.
        window_us: the figures are taken over it.
    """

    date: date
    time_zone: str
    length_us: int
    policy: Policy
    households: tuple[Household, ...]
    requests: tuple[RunRequest, ...]
    events: tuple[DayEvent, ...]
    window_us: tuple[int, int]
    is_offline: bool
    time_limit_s: float

    @property
    def households_by_id(self) -> Mapping[str, Household]:
        """The households by id."""
        return {household.household_id: household for household in self.households}


def prices_of(day: date, zone: ZoneInfo, stated: Sequence[Watts]) -> StepFunction:
    """Prices from midnight on, as many days ahead as a run that begins on the day may be put off.

    24 values go by the hour on the wall, also on a day of 23 or 25 hours; as many as the day has go in order; at least
    four times as many are quarter hours, those of later days after those of the day. The last day's prices repeat from
    day to day, as the best guess there is.
    """
    hours = local_hours(day, zone)
    if len(stated) >= 4 * len(hours):
        return quarter_hours(0, stated, days=DAYS_PRICED)
    of_hour = [stated[hour] for hour in hours] if len(stated) == 24 else list(stated)
    later = [stated[hour % len(stated)] for hour in range(24)] * (DAYS_PRICED - 1)
    return StepFunction.of_slots([*of_hour, *later], slot_us=US_PER_HOUR)


def quarter_hours(start_us: int, stated: Sequence[Watts], *, days: int) -> StepFunction:
    """One value a quarter hour from ``start_us`` on; those of the last 24 hours repeat until so many days are over."""
    a_day = min(96, len(stated))
    repeated = [stated[len(stated) - a_day + place % a_day] for place in range(max(0, 96 * days - len(stated)))]
    return StepFunction.of_slots([*stated, *repeated], slot_us=US_PER_HOUR // 4, start_us=start_us)


def local_hours(day: date, zone: ZoneInfo) -> tuple[int, ...]:
    """The hour on the wall for each hour that passes from midnight to midnight: 23, 24 or 25 of them."""
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    hours = day_length_us(day, zone) // US_PER_HOUR
    return tuple((midnight + timedelta(hours=hour)).astimezone(zone).hour for hour in range(hours))


def day_length_us(day: date, zone: ZoneInfo) -> int:
    """How long the local day lasts, from midnight to midnight."""
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return (end - begin) // timedelta(microseconds=1)
