"""Why a plan could not do more, in plain words: which limit stands in the way, by how much, and what would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from energy_manager.domain.peak_shaving.plan import Side, StoragePlan, Violation, ramp_excess_kw, violated_kwh
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band
from energy_manager.domain.peak_shaving.storage import SOLVER_TOLERANCE
from energy_manager.domain.series import NEGLIGIBLE, at_each_step, utc_text
from energy_manager.domain.storage_value.reach import EnergyBand, words_of_return

# A bound counts as reached within the rounding error that a solver leaves.
_HAIR = SOLVER_TOLERANCE


def limited_by(
    problem: PlanningProblem,
    storages: Sequence[StoragePlan],
    bands: Sequence[EnergyBand],
    violations: Sequence[Violation],
    *,
    remark: str | None = None,
) -> str | None:
    """The sentences, separated by semicolons, ``remark`` being one of them; None where nothing limits."""
    sentences: list[str] = [] if remark is None else [remark]
    for place, band in enumerate(bands):
        sentences += _energy_sentences(problem, place, storages[place], band)
        sentences += _ramp_sentences(problem, place, storages[place])
    groups: dict[_Cause, list[Violation]] = {}
    if violations:
        causes = _Causes(problem, storages, bands)
        for violation in violations:
            groups.setdefault(causes.of(violation), []).append(violation)
    for cause, members in groups.items():
        sentences.append(_violation_sentence(problem, cause, members))
    return "; ".join(sentences) or None


def _energy_sentences(problem: PlanningProblem, place: int, own: StoragePlan, band: EnergyBand) -> Iterable[str]:
    """What is to be said of a storage whose energy starts, or must be, where power alone cannot bring it in time."""
    storage = problem.storages[place]
    name = _name(problem, place)
    floor = at_each_step(storage.min_kwh, problem.steps)
    ceiling = at_each_step(storage.capacity_kwh, problem.steps)
    start = storage.stored_kwh
    outside = _starts_outside(problem, place)
    if outside:
        side, bound = ("below its least", floor[0]) if start < floor[0] else ("above its capacity", ceiling[0])
        until = words_of_return(
            own.stored_kwh, floor=floor, ceiling=ceiling, tolerance_kwh=NEGLIGIBLE, time_of=problem.time_of
        )
        by_power = energy_band(storage, hours=problem.hours)
        is_by_power = (by_power.lower, by_power.upper) == (band.lower, band.upper)
        means = "its power allows" if is_by_power else "its power and the grid limit allow"
        yield (
            f"{name} starts with {start:g} kWh, {side} of {bound:g} kWh: it is brought back as fast as {means} {until}"
        )
    last = problem.steps - 1
    for step in band.strained:
        stored = own.stored_kwh[step]
        too_low = storage.end_min_kwh is not None and stored < storage.end_min_kwh
        too_high = storage.end_max_kwh is not None and stored > storage.end_max_kwh
        if step == last and (too_low or too_high):
            yield f"{name} cannot reach the energy it should hold at the end: {stored:g} kWh is the nearest it can"
        elif not outside:
            time = utc_text(problem.time_of(step + 1))
            yield f"{name} cannot be inside its energy limits at {time}: {stored:g} kWh is the nearest it can reach"
            break


def _starts_outside(problem: PlanningProblem, place: int) -> bool:
    """Whether a storage must be brought back; others are strained where a later limit cannot be reached in time."""
    storage = problem.storages[place]
    least, most = at_each_step(storage.min_kwh, 1)[0], at_each_step(storage.capacity_kwh, 1)[0]
    return not least - NEGLIGIBLE <= storage.stored_kwh <= most + NEGLIGIBLE


def _ramp_sentences(problem: PlanningProblem, place: int, own: StoragePlan) -> Iterable[str]:
    """What is to be said where a storage's limits demand a faster change of power than its ramp allows."""
    excess = ramp_excess_kw(problem.storages[place], own.charge_kw)
    if excess > 0.0:
        yield (
            f"{_name(problem, place)} must change power by {excess:.6g} kW a step more than its ramp allows "
            "to stay inside its power and energy limits"
        )


def _name(problem: PlanningProblem, place: int) -> str:
    otherwise = "the storage" if len(problem.storages) == 1 else f"storages[{place}]"
    return problem.storages[place].name or otherwise


def _names(problem: PlanningProblem) -> str:
    return _name(problem, 0) if len(problem.storages) == 1 else "the storages"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """The side of a violation, one of power, ramp, energy, end and back, and what bounds the storage, in words."""

    side: Side
    kind: str
    bound: str | None


class _Causes:
    """Finds what keeps the storages from shaving a violation further."""

    def __init__(self, problem: PlanningProblem, storages: Sequence[StoragePlan], bands: Sequence[EnergyBand]) -> None:
        self._problem = problem
        self._storages = storages
        self._strained = [set(band.strained) for band in bands]
        steps = problem.steps
        self._most = [
            {
                "import": at_each_step(storage.max_discharge_kw, steps),
                "export": at_each_step(storage.max_charge_kw, steps),
            }
            for storage in problem.storages
        ]
        self._blocked = [
            {
                "import": _next_reached([own - low for own, low in zip(plan.stored_kwh, band.lower, strict=True)]),
                "export": _next_reached([high - own for own, high in zip(plan.stored_kwh, band.upper, strict=True)]),
            }
            for plan, band in zip(storages, bands, strict=True)
        ]

    def of(self, violation: Violation) -> _Cause:
        """Why the storages do not take this violation away: the side, what is in the way, and what it takes."""
        step, side = violation.step, violation.limit
        sign = -1.0 if side == "import" else 1.0
        kinds = set()
        for place, own in enumerate(self._storages):
            if sign * own.charge_kw[step] >= self._most[place][side][step] - _HAIR:
                continue
            if step in self._strained[place] and _starts_outside(self._problem, place):
                kinds.add("back")
                continue
            ramp = self._problem.storages[place].ramp_kw_per_step
            blocked = self._blocked[place][side][step]
            neighbours = (*own.charge_kw[max(step - 1, 0) : step], *own.charge_kw[step + 1 : step + 2])
            if ramp is not None and any(sign * (own.charge_kw[step] - other) >= ramp - _HAIR for other in neighbours):
                kinds.add("ramp")
            elif blocked == self._problem.steps - 1 and self._has_end(place, side):
                kinds.add("end")
            else:
                kinds.add("energy")
        kind = next((kind for kind in ("energy", "end", "back", "ramp") if kind in kinds), "power")
        return _Cause(side=side, kind=kind, bound=self._bound(step, side, kind))

    def _bound(self, step: int, side: Side, kind: str) -> str | None:
        """What holds the power or the energy, where a storage's own limits say so; None: it is simply used up."""
        if kind == "power":
            return self._powerless(step, side)
        if kind not in {"energy", "end"} or side == "export":
            return None
        place = min(range(len(self._storages)), key=lambda place: self._blocked[place][side][step])
        until, storage = self._blocked[place][side][step], self._problem.storages[place]
        is_end = kind == "end" and storage.end_min_kwh is not None
        least = storage.end_min_kwh if is_end else at_each_step(storage.min_kwh, self._problem.steps)[until]
        if not least:
            return None
        time = utc_text(self._problem.time_of(until + 1))
        return f"{_name(self._problem, place)} must hold {least:g} kWh at {time}"

    def _powerless(self, step: int, side: Side) -> str | None:
        """That no storage has power in the step, in this direction or at all: a car only charges, or is away."""
        if any(most[side][step] > 0.0 for most in self._most):
            return None
        other: Side = "export" if side == "import" else "import"
        is_away = not any(most[other][step] > 0.0 for most in self._most)
        names = _names(self._problem)
        if is_away:
            return f"{names} {'has' if len(self._most) == 1 else 'have'} no power then"
        verb = "discharge" if side == "import" else "charge"
        return f"{names} cannot {verb}"

    def _has_end(self, place: int, side: Side) -> bool:
        storage = self._problem.storages[place]
        if side == "import":
            return storage.end_min_kwh is not None and storage.end_min_kwh > at_each_step(storage.min_kwh, 1)[-1]
        return storage.end_max_kwh is not None and storage.end_max_kwh < at_each_step(storage.capacity_kwh, 1)[-1]


def _next_reached(rooms: Sequence[float]) -> list[int]:
    """For every step the first one from it on whose room is used up; the last step where there is none."""
    reached = [len(rooms) - 1] * len(rooms)
    latest = len(rooms) - 1
    for step in range(len(rooms) - 1, -1, -1):
        if rooms[step] <= _HAIR:
            latest = step
        reached[step] = latest
    return reached


def _violation_sentence(problem: PlanningProblem, cause: _Cause, members: Sequence[Violation]) -> str:
    side, bound = cause.side, cause.bound
    energy = violated_kwh(members, hours=problem.hours)
    largest = max(violation.over_kw for violation in members)
    times = utc_text(members[0].time)
    if len(members) > 1:
        times = f"{len(members)} steps from {times} to {utc_text(members[-1].time)}"
    storage = _names(problem)
    verb, state, lack = ("discharge", "empty", "energy") if side == "import" else ("charge", "full", "room")
    reasons = {
        "power": bound or f"{storage} cannot {verb} with more power, {largest:.6g} kW more would be needed",
        "energy": f"{bound or f'{storage} would be {state}'}, {energy:.6g} kWh of {lack} are missing",
        "end": f"{bound or f'{storage} must end inside its limits'}, {energy:.6g} kWh of {lack} are missing",
        "back": f"{storage} must come back to its energy limits first",
        "ramp": f"{storage} cannot change power faster",
    }
    return (
        f"the {side} limit is exceeded at {times}, by up to {largest:.6g} kW ({energy:.6g} kWh): {reasons[cause.kind]}"
    )
