"""Recorded ticks under another policy or other limits: what would have been told and delivered instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from energy_manager.application.explanation.replay import Decisions
from energy_manager.application.explanation.wording import counted, moment
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

MS_PER_H = 3_600_000

UNDELIVERED = "not delivered"

WATTS = {"W": 1, "kW": 1000, "": 1000}
"""By the power unit of a record; where an older one does not tell it, a step is taken for a kW."""


@dataclass(slots=True)
class Energies:
    """Energies side by side, in watt-milliseconds: whole numbers, so nothing is lost in long sums."""

    recorded: int = 0
    replayed: int = 0

    def add(self, *, recorded: int, replayed: int, lasted: int) -> None:
        """Count powers in watts that lasted for so many milliseconds."""
        self.recorded += recorded * lasted
        self.replayed += replayed * lasted

    @property
    def recorded_kwh(self) -> float:
        """As it was."""
        return self.recorded / MS_PER_H / 1000

    @property
    def replayed_kwh(self) -> float:
        """As it would have been."""
        return self.replayed / MS_PER_H / 1000


@dataclass(slots=True, kw_only=True)
class WhatIf:
    """The answer: energies by asset as targets told them, and what of the schedule would not have been delivered.

    ``undelivered`` is the schedule less what the targets ask of assets that can deliver it, over the assets scheduled
    at 0 or more; a target counts until the next tick.
    """

    ticks: int = 0
    undecided: int = 0
    different: int = 0
    first: Tick | None = None
    last: Tick | None = None
    first_different: Tick | None = None
    told: dict[AssetId, Energies] = field(default_factory=dict)
    undelivered: Energies = field(default_factory=Energies)

    def lines(self) -> Iterator[str]:
        """The answer, line by line."""
        if self.first is None or self.last is None:
            return
        yield f"{counted(self.ticks, 'tick')} from {moment(self.first.at)} to {moment(self.last.at)}"
        if self.undecided:
            yield f"{self.undecided:,} of them could not be decided then, and are left out"
        if self.first_different is None:
            yield "nothing would have been different"
        else:
            since = f"the first is tick {self.first_different.number}, {moment(self.first_different.at)}"
            yield f"{self.different:,} would have been decided differently; {since}"
        yield ""
        width = max(map(len, [*self.told, UNDELIVERED]))
        yield f"{'energy, kWh':<{width}} {'as it was':>14} {'what if':>14} {'difference':>14}"
        for name, energies in [*self.told.items(), (UNDELIVERED, self.undelivered)]:
            yield (
                f"{name:<{width}} {energies.recorded_kwh:>14,.3f} {energies.replayed_kwh:>14,.3f} "
                f"{energies.replayed_kwh - energies.recorded_kwh:>+14,.3f}"
            )


def what_if(ticks: Iterable[Tick], *, policy: str | None, limits: Mapping[AssetId, int]) -> WhatIf:
    """Decide the ticks again under ``policy`` (None: their own) and ``limits`` (power steps by asset), and sum up.

    Raises:
        Refused: a limit is for an asset that is in none of the ticks, or a tick names no policy and none was given.
    """
    answer, decisions = WhatIf(), Decisions(policy=policy, limits=limits)
    for tick, lasted_ms in with_durations(ticks):
        answer.ticks += 1
        answer.first = answer.first or tick
        answer.last = tick
        if tick.failure:
            answer.undecided += 1
            continue
        targets = decisions.again(tick).targets
        watts = WATTS.get(tick.power_unit, WATTS[""])
        for asset_id in dict.fromkeys([*targets, *tick.targets]):
            # A released asset is told no power, so it has no energy here.
            recorded, replayed = watts * (tick.targets.get(asset_id) or 0), watts * (targets.get(asset_id) or 0)
            energies = answer.told.setdefault(asset_id, Energies())
            energies.add(recorded=recorded, replayed=replayed, lasted=lasted_ms)
        if any(tick.targets.get(asset_id) != target for asset_id, target in targets.items()):
            answer.different += 1
            answer.first_different = answer.first_different or tick
        answer.undelivered.add(
            recorded=watts * _undelivered(tick, tick.targets, tick.potentials),
            replayed=watts * _undelivered(tick, targets, decisions.potentials(tick)),
            lasted=lasted_ms,
        )
    _refuse_unknown(limits, answer)
    return answer


def _undelivered(tick: Tick, targets: Mapping[AssetId, int | None], potentials: Mapping[AssetId, int]) -> int:
    """What of the schedule these targets leave undelivered."""
    held = tick.held
    producing = [asset_id for asset_id, power in tick.scheduled.items() if power >= 0 and asset_id not in held]
    delivered = sum(min(targets.get(asset_id) or 0, max(0, potentials.get(asset_id, 0))) for asset_id in producing)
    return sum(tick.scheduled[asset_id] for asset_id in producing) - delivered


def with_durations(ticks: Iterable[Tick]) -> Iterator[tuple[Tick, int]]:
    """Each tick with how long its targets held, ms: until the next one.

    The last tick before the product was started anew, and the last of all, count for one period as their numbers and
    times tell it.
    """
    pending: Tick | None = None
    period_ms = 0
    for tick in ticks:
        if pending is not None:
            between_ms, numbers = round(1000 * (tick.at - pending.at).total_seconds()), tick.number - pending.number
            if numbers > 0 and between_ms > 0:
                period_ms = between_ms // numbers
                yield pending, between_ms
            else:
                yield pending, period_ms
        pending = tick
    if pending is not None:
        yield pending, period_ms


def _refuse_unknown(limits: Mapping[AssetId, int], answer: WhatIf) -> None:
    faults = []
    for asset_id in limits.keys() - answer.told.keys():
        near = difflib.get_close_matches(asset_id, answer.told, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(Fault(field="--limit", message=f"{asset_id!r} is in none of the ticks{hint}"))
    if faults:
        raise Refused(faults)
