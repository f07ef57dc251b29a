"""What one step costs as a function of the energy that enters the storage, as pieces for the value function.

Slopes are (violation, missing, money, change, turnover) per kWh inside the storage: energy beyond the limits of the
grid connection; missing targets, unserved use and comfort; money; distance from the plan in force; and, for ties,
energy that is bought for the storage or fed in from it, so that nothing is turned over for nothing. Most steps are
convex; the others are handed out with their ``Shape`` (see ``shapes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.shapes import Shape
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.value_function import EAGER_OUT, ORDINARY, UNSERVED, Piece, Slope, Step

Places = npt.NDArray[np.int64]

# Slopes are rounded to so many decimals (EUR/kWh, kWh/kWh), so that equal prices stay equal.
SLOPE_DECIMALS = 12
# Energies (kWh) shorter than this are no piece of their own.
SHORTEST_KWH = 1e-12

MISSING: Slope = (0.0, 1.0, 0.0, 0.0, 0.0)


@dataclass(slots=True, kw_only=True)
class StepCosts:
    """The steps, and the shapes of those that are not convex; their pieces in ``steps`` are to be filled in."""

    steps: list[Step]
    shapes: dict[int, Shape]


def step_costs(
    terms: StorageTerms, exchange: Exchange, base_kw: Floats, *, planned_kw: Floats | None = None
) -> StepCosts:
    """The costs of all steps while ``base_kw`` is the net power without the storage.

    With ``planned_kw``, NaN where there is none, the change to a plan in force counts as well.
    """
    least, most, hours = terms.least, terms.most, exchange.hours
    wear = terms.storage.wear_eur_per_kwh
    energy = (exchange.kinks - base_kw[:, None]) * hours[:, None]
    kinks = np.where(energy > 0.0, energy * terms.into, energy * terms.out)
    edges = [kinks, least[:, None], most[:, None], np.zeros((len(least), 1))]
    planned = None
    if planned_kw is not None:
        planned = terms.entered(planned_kw, hours)[:, None]
        edges.append(np.nan_to_num(planned))
    cuts = np.concatenate(edges, axis=1)
    np.clip(cuts, least[:, None], most[:, None], out=cuts)
    cuts.sort(axis=1)
    lengths = np.diff(cuts, axis=1)
    middles = cuts[:, :-1] + 0.5 * lengths
    region = (middles[:, :, None] > kinks[:, None, :]).sum(axis=2)
    rows = np.arange(len(least))[:, None]
    charging = middles > 0.0
    ratio = np.where(charging, 1.0 / terms.into, 1.0 / terms.out)
    money = exchange.money[rows, region] * ratio + np.where(charging, wear, -wear)
    beyond: Floats = np.where(region == 0, -ratio, np.where(region == kinks.shape[1], ratio, 0.0))
    buys = exchange.buys[rows, region]
    change = np.zeros_like(money)
    if planned is not None:
        change = np.where(np.isnan(planned), 0.0, np.where(middles < planned, -1.0, 1.0))
    used = lengths > SHORTEST_KWH
    counts = used.sum(axis=1)
    money_used: Floats = np.round(money[used], SLOPE_DECIMALS)
    beyond_used: Floats = np.round(beyond[used], SLOPE_DECIMALS)
    turnover = np.where(charging == buys, np.where(buys, 1.0, -1.0), 0.0)[used]
    kinds = np.where(buys & ~charging, EAGER_OUT, ORDINARY)[used]
    slopes = zip(
        beyond_used.tolist(), repeat(0.0), money_used.tolist(), change[used].tolist(), turnover.tolist(), strict=False
    )
    pieces: list[Piece] = list(zip(slopes, lengths[used].tolist(), kinds.tolist(), strict=True))
    ends = np.cumsum(counts)
    bent = _bent_steps(beyond_used, money_used, np.repeat(np.arange(len(least)), counts))
    gaps = (terms.least_charge > SHORTEST_KWH) & (most > SHORTEST_KWH)
    odd = set(bent.tolist()) | set(np.flatnonzero(gaps | exchange.is_irregular).tolist())
    steps = _assembled(terms, pieces, ends.tolist())
    shapes = {}
    for step in sorted(odd):
        shape = Shape.of(
            terms,
            exchange,
            step,
            base_kw=float(base_kw[step]),
            known=[(slope, length) for slope, length, _ in steps[step].pieces],
        )
        if shape is not None:
            shapes[step] = shape
    return StepCosts(steps=steps, shapes=shapes)


def _bent_steps(beyond: Floats, money: Floats, owner: Places) -> Places:
    """The steps in which a slope is followed by a lower one."""
    falls = (beyond[1:] < beyond[:-1]) | ((beyond[1:] == beyond[:-1]) & (money[1:] < money[:-1]))
    found: Places = owner[1:][falls & (owner[1:] == owner[:-1])]
    return found


def _assembled(terms: StorageTerms, pieces: list[Piece], ends: list[int]) -> list[Step]:
    """The steps with their pieces; use that may stay unserved is a piece of its own."""
    steps = []
    begin = 0
    if terms.keep is None and terms.use is None and not terms.wanted:
        for least, end in zip(terms.least.tolist(), ends, strict=True):
            steps.append(Step(least, pieces[begin:end]))
            begin = end
        return steps
    count = len(ends)
    keeps = [1.0] * count if terms.keep is None else terms.keep.tolist()
    uses = [0.0] * count if terms.use is None else terms.use.tolist()
    for place, (least, end) in enumerate(zip(terms.least.tolist(), ends, strict=True)):
        wanted = [(energy, MISSING) for energy in terms.wanted.get(place, ())]
        step = Step(least, pieces[begin:end], keeps[place], uses[place], wanted)
        step.pieces = with_unserved(step.pieces, step.use)
        steps.append(step)
        begin = end
    return steps


def with_unserved(pieces: Sequence[Piece], use: float) -> Sequence[Piece]:
    """The pieces and, at its place among them, the use that may be left unserved."""
    if use <= 0.0:
        return pieces
    place = sum(1 for slope, _, _ in pieces if slope <= MISSING)
    return [*pieces[:place], (MISSING, use, UNSERVED), *pieces[place:]]
