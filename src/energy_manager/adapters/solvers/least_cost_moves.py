"""Whole numbers of a site's program improved move by move, each priced by the linear program of all the rest.

With its whole numbers fixed the program is linear, and a solver that is warm prices a change of them in less than a
millisecond. Its reduced costs are a cut that holds everywhere: no whole numbers ``x`` cost less than ``v + d (x - x0)``
(Benders 1962). So the moves, one charger switched, two steps of one charger exchanged, a run shifted, are ranked by the
highest cut that each has to respect, and the most promising one is priced next. Where no move can pay, the search goes
on from the cheapest of its best neighbours and does not come back (tabu search, Glover 1989) until that brings nothing.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from energy_manager.adapters.solvers.highs_model import Floats, Places
from energy_manager.adapters.solvers.least_cost_model import StagedModel
from energy_manager.adapters.solvers.least_cost_program import SiteProgram

# EUR that a move must promise and bring at least.
_WORTHWHILE_EUR = 1e-4
# So many of the last cuts are looked at: those from afar say little, and each costs time.
_CUTS = 64
# So many of a point's neighbours are priced to leave it where none pays.
_WAYS_OUT = 4
# So many points in a row that are no better than the best end the search.
_MOST_IN_VAIN = 12
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
        self._cuts = _Cuts()
        self._seen: set[bytes] = set()
        self._best: Priced | None = None

    def improved(
        self, begins: Iterable[Mapping[int, float]], *, until_s: float, enough_eur: float = -math.inf
    ) -> Priced | None:
        """The best whole numbers found from the best beginning until ``until_s``.

        Where no move pays and money is down to ``enough_eur``, it is enough. None where no beginning can be completed
        within what the stages before money are held to.
        """
        self._best = None
        wholes = (np.array([begin[column] for column in self._columns.tolist()]) for begin in begins)
        distinct = {whole.tobytes(): whole for whole in wholes}.values()
        points = [point for whole in distinct if (point := self._looked_at(whole)) is not None]
        if points:
            self._search(min(points, key=attrgetter("cost")), until_s=until_s, enough_eur=enough_eur)
        return self._best

    def release(self) -> None:
        """Give the whole numbers free again."""
        self._model.bound_columns(self._columns, 0.0, 1.0)

    def _priced(self, whole: Floats) -> float | None:
        """The least money with these whole numbers; None where there is none, or no time."""
        self._model.bound_columns(self._columns, whole, whole)
        return self._model.money()

    def _search(self, begin: _Point, *, until_s: float, enough_eur: float) -> None:
        """From one point where no move pays to the next, until there are too many in a row that are no better."""
        here = self._descended(begin, until_s)
        least, in_vain = here.cost, 0
        while least > enough_eur and in_vain < _MOST_IN_VAIN and time.perf_counter() < until_s:
            out = self._way_out(here)
            if out is None:
                break
            here = self._descended(out, until_s)
            in_vain += 1
            if here.cost < least - _WORTHWHILE_EUR:
                least, in_vain = here.cost, 0

    def _descended(self, here: _Point, until_s: float) -> _Point:
        """From neighbour to better neighbour, the most promising one first, until none can pay."""
        while time.perf_counter() < until_s:
            other = self._most_promising(here.whole, below=here.cost - _WORTHWHILE_EUR)
            if other is None:
                break
            found = self._looked_at(other)
            if found is not None and found.cost < here.cost - _WORTHWHILE_EUR:
                here = found
        return here

    def _way_out(self, here: _Point) -> _Point | None:
        """The cheapest of the most promising neighbours that were not looked at yet; None where there are none."""
        found = []
        for _ in range(_WAYS_OUT):
            other = self._most_promising(here.whole, below=math.inf)
            point = None if other is None else self._looked_at(other)
            if point is not None:
                found.append(point)
        return min(found, key=attrgetter("cost"), default=None)

    def _looked_at(self, whole: Floats) -> _Point | None:
        """A point with its price, of which a cut is kept; None where it cannot be, or there is no time."""
        self._seen.add(whole.tobytes())
        cost = self._priced(whole)
        if cost is None:
            return None
        self._cuts.add(cost, self._model.reduced_costs(self._columns), whole)
        if self._best is None or cost < self._best.money:
            self._best = Priced(money=cost, values=self._model.values())
        return _Point(whole, cost)

    def _most_promising(self, whole: Floats, *, below: float) -> Floats | None:
        """The neighbour with the lowest bound, of those not looked at yet; None where none may come below."""
        moves = self._moves(self._cuts.around(whole), whole)
        paying = np.flatnonzero(moves.bounds < below)
        for move in paying[np.argsort(moves.bounds[paying], kind="stable")].tolist():
            changed = [moves.ones[move], moves.others[move]]
            other = whole.copy()
            other[changed] = 1.0 - whole[changed]
            if other.tobytes() not in self._seen:
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


class Priced(NamedTuple):
    """The least money (EUR) with whole numbers that a search has found, and the values of all columns then."""

    money: float
    values: Floats


class _Point(NamedTuple):
    """Whole numbers, and the least money with them (EUR)."""

    whole: Floats
    cost: float


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
