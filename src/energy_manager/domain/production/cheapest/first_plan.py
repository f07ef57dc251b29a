"""A quick look for some plan near the merit-order fill, to learn how little above the lower bound a plan can cost.

From the fill, some cheap plants near the margin are switched off, the gap is filled in merit order by plants that may
run, and where a plant's low is more than the gap, plants that run are taken back to make room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from energy_manager.domain.production.cheapest.relaxation import Fill

_CHEAP_TRIED = 24
_DEAR_TRIED = 200


def least_excess_found(filled: Fill) -> int | None:
    """The excess of the best plan found over the lower bound, in order-key units times steps; None without a plan.

    Rounded up: some plan surely costs no more than this.
    """
    best: int | None = None
    for off in _switched_off(filled):
        for excess in _completions(filled, off):
            if best is None or excess < best:
                best = excess
    # Each key is rounded down by less than one unit, and no power differs from the fill by more than the load in all.
    return None if best is None else best + 2 * filled.load


def _switched_off(filled: Fill) -> Iterator[range]:
    """Which plants before the margin to switch off: none, each one of the nearest, or all of the nearest few."""
    margin = filled.margin
    yield range(0)
    for place in range(margin - 1, max(-1, margin - 1 - _CHEAP_TRIED), -1):
        yield range(place, place + 1)
        if place < margin - 1:
            yield range(place, margin)


def _completions(filled: Fill, off: range) -> Iterator[int]:
    """The excess of each plan met while filling up what ``off`` leaves open."""
    order, margin = filled.order, filled.margin
    keys, lows, highs = order.keys, order.lows, order.highs
    base = keys[margin]
    gap = filled.short + sum(highs[off.start : off.stop])
    excess = sum((base - keys[place]) * highs[place] for place in off)
    added: list[tuple[int, int]] = []
    for place in range(margin, min(len(keys), margin + _DEAR_TRIED)):
        extra = keys[place] - base
        if highs[place] > 0 and lows[place] <= gap:
            power = min(highs[place], gap)
            excess += extra * power
            gap -= power
            if gap == 0:
                yield excess
                return
            added.append((extra, power - lows[place]))
        elif highs[place] > 0:
            taken_back = _take_back(lows[place] - gap, added, filled, off)
            if taken_back is not None:
                yield excess + extra * lows[place] + taken_back


def _take_back(surplus: int, added: Sequence[tuple[int, int]], filled: Fill, off: range) -> int | None:
    """What it costs more to run plants lower by ``surplus`` in all, the dearest first; None where they cannot."""
    order, margin = filled.order, filled.margin
    base, cost = order.keys[margin], 0
    for extra, room in reversed(added):
        less = min(room, surplus)
        cost -= extra * less
        surplus -= less
    for place in range(margin - 1, max(-1, margin - 1 - _DEAR_TRIED), -1):
        if surplus == 0:
            break
        if place not in off:
            less = min(order.highs[place] - order.lows[place], surplus)
            cost += (base - order.keys[place]) * less
            surplus -= less
    return cost if surplus == 0 else None
