"""Whole numbers of a site's program improved move by move, each priced by the linear program of all the rest.

With its whole numbers fixed the program is linear, and a solver that is warm prices a change of them in less than a
millisecond. Its reduced costs are a cut that holds everywhere: no whole numbers ``x`` cost less than ``v + d (x - x0)``
(Benders 1962). So the moves, one charger switched, two steps of one charger exchanged, a run shifted, are ranked by the
highest cut that each has to respect, the most promising one is priced next, and the search ends where no move can pay.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from energy_manager.adapters.solvers.highs_model import Floats, Places
from energy_manager.adapters.solvers.least_cost_model import StagedModel
from energy_manager.adapters.solvers.least_cost_program import SiteProgram

# EUR that a move must promise and bring at least.
_WORTHWHILE_EUR = 1e-4
# So many of the last cuts are looked at: those from afar say little, and each costs time.
_CUTS = 64
# So many steps of one charger are exchanged for each other, on either side: the most promising ones.
_MOST_EXCHANGED = 40
_HALF = 0.5


class WholeMoves:
    """A search over the switches of chargers and the starts of runs; other whole numbers stay relaxed.

    To be used before columns are branched on; ``release`` leaves the model as it was.
    """

    def __init__(self, model: StagedModel, program: SiteProgram) -> None:
        self._model = model
        switches = [own.switch for own in program.storages if len(own.switch)]
        starts = [own.starts for own in program.runs if len(own.starts) > 1]
        self._columns = np.concatenate([*switches, *starts])
        ends = np.cumsum([len(block) for block in (*switches, *starts)]).tolist()
        places = [np.arange(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
        self._switches, self._starts = places[: len(switches)], places[len(switches) :]

    def improved(self, begins: Iterable[Mapping[int, float]], *, until_s: float) -> Floats | None:
        """The values of all columns, with the best whole numbers found from the best beginning until ``until_s``.

        None where no beginning can be completed within what the stages before money are held to.
        """
        wholes = [np.array([begin[column] for column in self._columns.tolist()]) for begin in begins]
        priced = [(cost, whole) for whole in wholes if (cost := self._priced(whole)) is not None]
        if not priced:
            return None
        _, best = min(priced, key=lambda own: own[0])
        best = self._descended(best, until_s)
        return None if self._priced(best) is None else self._model.relaxed_values()

    def release(self) -> None:
        """Give the whole numbers free again."""
        self._model.bound(self._columns, np.zeros(len(self._columns)), np.ones(len(self._columns)))

    def _priced(self, whole: Floats) -> float | None:
        """The least money with these whole numbers; None where there is none, or no time."""
        self._model.bound(self._columns, whole, whole)
        return self._model.money()

    def _descended(self, whole: Floats, until_s: float) -> Floats:
        """From neighbour to better neighbour, the most promising one first, until none can pay."""
        cost, cuts, seen = self._priced(whole), _Cuts(), {whole.tobytes()}
        if cost is None:
            return whole
        cuts.add(cost, self._model.reduced_costs(self._columns), whole)
        while time.perf_counter() < until_s:
            other = self._most_promising(cuts, whole, cost - _WORTHWHILE_EUR, seen)
            if other is None:
                break
            seen.add(other.tobytes())
            found = self._priced(other)
            if found is None:
                continue
            cuts.add(found, self._model.reduced_costs(self._columns), other)
            if found < cost - _WORTHWHILE_EUR:
                whole, cost = other, found
        return whole

    def _most_promising(self, cuts: _Cuts, whole: Floats, below: float, seen: set[bytes]) -> Floats | None:
        """The neighbour with the lowest bound, of those not seen yet; None where none may come below."""
        moves = self._moves(cuts.around(whole), whole)
        paying = np.flatnonzero(moves.bounds < below)
        for move in paying[np.argsort(moves.bounds[paying], kind="stable")].tolist():
            changed = [moves.ones[move], moves.others[move]]
            other = whole.copy()
            other[changed] = 1.0 - whole[changed]
            if other.tobytes() not in seen:
                return other
        return None

    def _moves(self, bounds: _Bounds, whole: Floats) -> _Moves:
        """All neighbours; a switch alone is both places of its move."""
        parts = []
        for switch in self._switches:
            alone = bounds.of_flips(switch)
            parts.append(_Moves(switch, switch, alone))
            order = switch[np.argsort(alone, kind="stable")]
            is_on = whole[order] > _HALF
            parts.append(bounds.of_pairs(order[is_on][:_MOST_EXCHANGED], order[~is_on][:_MOST_EXCHANGED]))
        for starts in self._starts:
            is_on = whole[starts] > _HALF
            parts.append(bounds.of_pairs(starts[is_on], starts[~is_on]))
        return _Moves(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class _Moves(NamedTuple):
    """The places that change to their other value, two a move, and what it costs at least (EUR)."""

    ones: Places
    others: Places
    bounds: Floats


class _Bounds(NamedTuple):
    """What the cuts say of one point, and how much more each change of a place costs by each of them."""

    here: Floats
    changes: Floats

    def of_flips(self, places: Places) -> Floats:
        """What each change alone costs at least."""
        found: Floats = (self.here[:, None] + self.changes[:, places]).max(axis=0)
        return found

    def of_pairs(self, ones: Places, others: Places) -> _Moves:
        """What each change of one place together with one other costs at least."""
        first, second = self.changes[:, ones], self.changes[:, others]
        bounds = (self.here[:, None, None] + first[:, :, None] + second[:, None, :]).max(axis=0)
        return _Moves(np.repeat(ones, len(others)), np.tile(others, len(ones)), bounds.ravel())


class _Cuts:
    """What whole numbers cost at least: the last points that were priced, with their slopes."""

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=_CUTS)
        self._slopes: deque[Floats] = deque(maxlen=_CUTS)

    def add(self, cost: float, slopes: Floats, whole: Floats) -> None:
        """A point that was priced, and what a unit more of each of its whole numbers costs."""
        self._offsets.append(cost - float(slopes @ whole))
        self._slopes.append(slopes)

    def around(self, whole: Floats) -> _Bounds:
        """What they say of the neighbours of a point."""
        slopes = np.array(self._slopes)
        return _Bounds(np.array(self._offsets) + slopes @ whole, slopes * np.where(whole > _HALF, -1.0, 1.0))
