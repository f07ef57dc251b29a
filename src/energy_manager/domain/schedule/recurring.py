"""A schedule that comes back every day or every week, by the clock on the wall of one time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from energy_manager.domain.errors import Fault, Refused, refuse
from energy_manager.domain.quantities import AssetId

DAY_S = 86_400
WEEK_S = 7 * DAY_S
"""What clocks on a wall show: where the clocks change, fewer or more seconds pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringPeriod:
    """One asset's target, in whole power steps, while a clock on the wall shows ``[start_s, end_s)``.

    Both are seconds since midnight, or since Monday's midnight; an end that is not after the start is on the next day
    or in the next week. ``place`` says where it was written, for faults.
    """

    asset: AssetId
    start_s: int
    end_s: int
    target: int
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringSchedule:
    """What holds at an instant depends only on what the clocks of ``zone`` show then.

    So where the clocks are set forward, what stands in the hour that is left out does not happen; where they are set
    back, what stands in the hour that is shown twice happens twice. Between periods nothing is said. ``length_s`` is
    ``DAY_S`` or ``WEEK_S``.

    Raises:
        Refused: a period reaches beyond the day or week, or two of one asset overlap; with the place of each.
    """

    zone: tzinfo
    length_s: int
    periods: tuple[RecurringPeriod, ...]
    _starts: tuple[int, ...] = field(init=False)
    _targets: tuple[Mapping[AssetId, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        pieces = self._pieces()
        starts = sorted(
            {0, *(edge for start_s, end_s, _ in pieces for edge in (start_s, end_s) if edge < self.length_s)}
        )
        targets: list[dict[AssetId, int]] = [{} for _ in starts]
        faults: dict[tuple[str, str], Fault] = {}
        by_piece: list[dict[AssetId, RecurringPeriod]] = [{} for _ in starts]
        for start_s, end_s, period in pieces:
            for place in range(bisect_right(starts, start_s) - 1, len(starts)):
                if starts[place] >= end_s:
                    break
                other = by_piece[place].setdefault(period.asset, period)
                if other is not period:
                    message = f"overlaps {other.place}, which speaks for {period.asset!r} too"
                    faults[period.place, other.place] = Fault(field=period.place, message=message)
                targets[place][period.asset] = period.target
        if faults:
            raise Refused(list(faults.values()))
        object.__setattr__(self, "_starts", tuple(starts))
        object.__setattr__(self, "_targets", tuple(targets))

    def _pieces(self) -> list[tuple[int, int, RecurringPeriod]]:
        """The periods, those that go on in the next day or week as two."""
        pieces, faults = [], []
        for period in self.periods:
            if not (0 <= period.start_s < self.length_s and 0 <= period.end_s <= self.length_s):
                faults.append(Fault(field=period.place, message="reaches beyond the day or the week"))
            elif period.start_s < period.end_s:
                pieces.append((period.start_s, period.end_s, period))
            else:
                pieces.append((period.start_s, self.length_s, period))
                if period.end_s:
                    pieces.append((0, period.end_s, period))
        refuse(faults)
        return pieces

    def targets_at(self, instant: datetime) -> Mapping[AssetId, int]:
        """What holds at the instant, which has a time zone."""
        shown = instant.astimezone(self.zone)
        second = 3600 * shown.hour + 60 * shown.minute + shown.second
        if self.length_s == WEEK_S:
            second += DAY_S * shown.weekday()
        return self._targets[bisect_right(self._starts, second) - 1]
