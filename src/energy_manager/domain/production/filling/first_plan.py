"""A quick look for some plan near the merit-order fill, to learn how little above the lower bound a plan can cost.

From the fill, some cheap plants near the margin are switched off, the gap is filled in merit order by plants that may
run, and where a plant's low is more than the gap, plants that run are taken back to make room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from energy_manager.domain.production.filling.fill import Fill

_CHEAP_TRIED = 24
_DEAR_TRIED = 64
_TAKEN_BACK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """How far a running plant can be taken back (steps), and what each step costs or, negative, saves."""

    place: int
    room: int
    extra: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPlan:
    """The best plan met: its powers (steps, in merit order), and what it costs beyond the lower bound.

    ``excess`` is in order-key units times steps and rounded up: some plan surely costs no more than this.
    """

    powers: Sequence[int]
    excess: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completion:
    """A way to fill the gap: ``added`` are (place, power); ``surplus`` is taken back from the first of them and others.

    ``excess``: what it costs beyond the lower bound, by rounded keys.
    """

    excess: int
    added: tuple[tuple[int, int], ...]
    surplus: int = 0


def first_plan(filled: Fill) -> FirstPlan | None:
    """The best plan found near the fill; None where there is none."""
    cheap_slacks = _cheap_slacks(filled)
    best: tuple[_Completion, range] | None = None
    for off in _switched_off(filled):
        for found in _completions(filled, off, cheap_slacks, None if best is None else best[0].excess):
            if best is None or found.excess < best[0].excess:
                best = found, off
    if best is None:
        return None
    # Each key is rounded down by less than one unit, and no power differs from the fill by more than the load in all.
    return FirstPlan(powers=_powers(filled, *best, cheap_slacks), excess=best[0].excess + 2 * filled.load)


def _powers(filled: Fill, completion: _Completion, off: range, cheap_slacks: Sequence[Slack]) -> list[int]:
    """The powers of a completion, as ``_take_back`` counts them: what was added last gives way first."""
    powers = [*filled.order.highs[: filled.margin], *[0] * (len(filled.order.highs) - filled.margin)]
    for place in off:
        powers[place] = 0
    for place, power in completion.added:
        powers[place] = power
    surplus = completion.surplus
    if surplus:
        lows = filled.order.lows
        added = [Slack(place=place, room=power - lows[place], extra=0) for place, power in completion.added[:-1]]
        for slack in (*reversed(added), *(slack for slack in cheap_slacks if slack.place not in off)):
            less = min(slack.room, surplus)
            powers[slack.place] -= less
            surplus -= less
    assert sum(powers) == filled.load, "the powers add up to the load"
    return powers


def _switched_off(filled: Fill) -> Iterator[range]:
    """Which plants before the margin to switch off: none, each one of the nearest, or all of the nearest few."""
    margin = filled.margin
    yield range(0)
    for place in range(margin - 1, max(-1, margin - 1 - _CHEAP_TRIED), -1):
        yield range(place, place + 1)
        if place < margin - 1:
            yield range(place, margin)


def _completions(filled: Fill, off: range, cheap_slacks: Sequence[Slack], best: int | None) -> Iterator[_Completion]:
    """Each plan met while filling up what ``off`` leaves open; nothing dearer than ``best``."""
    order, margin = filled.order, filled.margin
    keys, lows, highs = order.keys, order.lows, order.highs
    base = keys[margin]
    gap = filled.short + sum(highs[off.start : off.stop])
    excess = sum((base - keys[place]) * highs[place] for place in off)
    added: list[Slack] = []
    powers: tuple[tuple[int, int], ...] = ()
    for place in range(margin, min(len(keys), margin + _DEAR_TRIED)):
        if best is not None and excess >= best:
            return
        low, high, extra = lows[place], highs[place], keys[place] - base
        if low > gap:
            taken_back = _take_back(low - gap, added, off, cheap_slacks)
            if taken_back is not None:
                yield _Completion(
                    excess=excess + extra * low + taken_back, added=(*powers, (place, low)), surplus=low - gap
                )
        elif high > 0:
            power = min(high, gap)
            excess += extra * power
            gap -= power
            powers = (*powers, (place, power))
            if gap == 0:
                yield _Completion(excess=excess, added=powers)
                return
            if power > low:
                added.append(Slack(place=place, room=power - low, extra=-extra))


def _cheap_slacks(filled: Fill) -> list[Slack]:
    """The flexible plants before the margin, nearest first."""
    order, margin = filled.order, filled.margin
    return [
        Slack(place=place, room=order.highs[place] - order.lows[place], extra=order.keys[margin] - order.keys[place])
        for place in range(margin - 1, max(-1, margin - 1 - _TAKEN_BACK), -1)
        if order.lows[place] < order.highs[place]
    ]


def _take_back(surplus: int, added: Sequence[Slack], off: range, cheap_slacks: Sequence[Slack]) -> int | None:
    """What it costs more to run plants lower by ``surplus`` in all, the dearest first; None where they cannot."""
    cost = 0
    for slacks in (reversed(added), cheap_slacks):
        for slack in slacks:
            if slack.place not in off:
                less = min(slack.room, surplus)
                cost += slack.extra * less
                surplus -= less
                if surplus == 0:
                    return cost
    return None
