"""Why is this asset at this power? Answered from the history."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from energy_manager.application.explanation.sentences import why
from energy_manager.application.explanation.wording import moment, power, to_do
from energy_manager.application.ports.records.history import DeviceChangeRecord, History, StatusRecord
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.quantities import AssetId

OF_DEVICE = timedelta(days=1)
"""How far back an asset's troubles are looked for."""

RECENTLY = timedelta(minutes=1)
"""How far back the site's troubles (a loop held up, ticks skipped) and a round of statuses still say something."""

CHANGES_TOLD = 3

NEARBY = timedelta(seconds=10)
"""A tick further back than this is said to be."""


class NothingRecorded(EnergyManagerError):
    """There is no record of the time that was asked about."""

    code = "nothing_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an asset was told its target: the tick that decided, and the sentences."""

    asset_id: AssetId
    asked_at: datetime
    tick: Tick
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Find what was recorded about an asset at an instant, and say it in sentences, with times of ``zone``.

    ``assets`` are those of the site: such a one may be asked about though it has never answered.
    """

    history: History
    zone: tzinfo = UTC
    assets: tuple[AssetId, ...] = ()

    def __call__(self, asset_id: AssetId, *, at: datetime) -> Explanation:
        """Explain the last tick at or before the instant.

        Raises:
            NothingRecorded: there is none.
            Refused: neither the tick nor the site knows the asset.
            StoreUnavailable: the store cannot be read now.
        """
        tick = self.history.tick_at(at)
        if tick is None:
            raise NothingRecorded(f"nothing was recorded at or before {moment(at, self.zone)}")
        if asset_id not in self.assets:
            refuse_unless_mentioned(asset_id, tick, self.zone)
        until = at + timedelta(milliseconds=1)
        of_all = self.history.device_changes(at - RECENTLY, until)
        sentences = [
            _headline(tick, asset_id, self.zone),
            *_distance(tick, at, self.zone),
            *why(tick, asset_id),
            *_delivered(self.history.statuses_at(at), tick, asset_id, self.zone),
            *_troubles(self.history.device_changes(at - OF_DEVICE, until, asset_id=asset_id), self.zone),
            *_troubles([change for change in of_all if not change.asset_id], self.zone),
        ]
        return Explanation(asset_id=asset_id, asked_at=at, tick=tick, sentences=tuple(sentences))


def refuse_unless_mentioned(asset_id: AssetId, tick: Tick, zone: tzinfo = UTC) -> None:
    """Check that a tick knows the asset.

    Raises:
        Refused: it does not; with the nearest name.
    """
    mentions = (tick.scheduled, tick.targets, tick.potentials, tick.status_ages_s)
    known = dict.fromkeys(known_id for mention in mentions for known_id in mention)
    if asset_id in known:
        return
    near = difflib.get_close_matches(asset_id, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise Refused([Fault(field="asset", message=f"the record of {moment(tick.at, zone)} knows no {asset_id!r}{hint}")])


def _headline(tick: Tick, asset_id: AssetId, zone: tzinfo) -> str:
    when = f"at tick {tick.number}, {moment(tick.at, zone)}"
    target = tick.targets.get(asset_id)
    if tick.is_released(asset_id):
        return f"{asset_id} was released {when}: it ran by itself."
    if target is None or asset_id in tick.untold:
        return f"{asset_id} was told nothing {when}."
    told = f"{asset_id} was told {to_do(target, tick.power_unit)}"
    scheduled = tick.scheduled.get(asset_id)
    if scheduled is None:
        return f"{told} {when}."
    if target == scheduled:
        return f"{told} {when}: as scheduled."
    if (target < 0) != (scheduled < 0) and target and scheduled:
        return f"{told} {when}, where it was scheduled {to_do(scheduled, tick.power_unit)}."
    difference = power(abs(target - scheduled), tick.power_unit)
    return f"{told} {when}: {difference} {'more' if abs(target) > abs(scheduled) else 'less'} than scheduled."


def _distance(tick: Tick, at: datetime, zone: tzinfo) -> Iterator[str]:
    if at - tick.at > NEARBY:
        yield f"That is the last tick on record, {(at - tick.at).total_seconds():,.0f} s before {moment(at, zone)}."


def _delivered(statuses: StatusRecord | None, tick: Tick, asset_id: AssetId, zone: tzinfo) -> Iterator[str]:
    """What the asset said it delivers; a round of another run of the product says nothing about this tick."""
    status = None if statuses is None else statuses.statuses.get(asset_id)
    if statuses is not None and status is not None and abs(statuses.at - tick.at) < RECENTLY:
        yield f"In the last round of statuses, {moment(statuses.at, zone)}, it {_said(status.output, tick.power_unit)}."


def _said(output: int | None, unit: str) -> str:
    if output is None:
        return "did not say what it delivers"
    return (
        f"said that it takes {power(-output, unit)}" if output < 0 else f"said that it delivers {power(output, unit)}"
    )


def _troubles(changes: Sequence[DeviceChangeRecord], zone: tzinfo) -> Iterator[str]:
    for change in changes[-CHANGES_TOLD:]:
        whose = "The site" if change.asset_id is None else "The device"
        yield f"{whose}, {moment(change.at, zone)}: {change.sentence}."
