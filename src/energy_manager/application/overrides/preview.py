"""What an override would do: in sentences, as a series, and a version that changes when the answer might."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.directions import doing, to_do
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import AcceptedSchedule, Authority, Override, OverrideIndex, Schedule, ScheduleIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``start`` to ``end`` an asset is scheduled ``before`` without the change and ``after`` with it.

    In power steps; None = no schedule is known to speak for it, or after: it is released.
    """

    start: datetime
    end: datetime
    asset_id: AssetId
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What would change."""

    sentences: tuple[str, ...]
    series: tuple[Span, ...]
    version: str


def effect_of(
    override: Override,
    *,
    accepted: Iterable[AcceptedSchedule],
    in_force: tuple[Override, ...],
    base: dict[AssetId, int],
    unit: str,
    limited_live: AssetId | None,
) -> Effect:
    """The effect on each asset; ``base`` is what the site's own schedule says now."""
    touching = [entry for entry in accepted if set(entry.schedule.assets) & set(override.assets)]
    others = tuple(other for other in in_force if set(other.assets) & set(override.assets))
    series = tuple(
        span
        for asset_id in override.assets
        for span in _spans(override, asset_id, touching, others, base, limited_live)
    )
    return Effect(
        sentences=tuple(_sentences(override, series, touching, unit, limited_live)),
        series=series,
        version=version_of(touching, others),
    )


def version_of(accepted: Iterable[AcceptedSchedule], in_force: Iterable[Override]) -> str:
    """The same as long as the same schedules and overrides speak for the same assets."""
    words = sorted(f"{entry.schedule.id} {entry.number}" for entry in accepted)
    words += sorted(f"{override.label} {override.until.isoformat()}" for override in in_force)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:20]


def _spans(  # noqa: PLR0917 - what an asset's future depends on
    override: Override,
    asset_id: AssetId,
    accepted: list[AcceptedSchedule],
    others: tuple[Override, ...],
    base: dict[AssetId, int],
    limited_live: AssetId | None,
) -> Iterable[Span]:
    start, index = override.made_at, ScheduleIndex(accepted)
    while start < override.until:
        stretch = index.at(start)
        ends = [override.until, *(other.until for other in others if other.until > start)]
        end = min([*ends, stretch.end]) if stretch.end is not None else min(ends)
        decider = stretch.merged.decided_by.get(asset_id)
        now = OverrideIndex(others).at(start).get(asset_id)
        scheduled = stretch.merged.targets.get(asset_id, base.get(asset_id))
        before = scheduled if now is None else now.target
        keeps_limit = (
            decider is not None
            and decider.source.authority > Authority.OVERRIDE
            and asset_id != limited_live
            and not override.is_hold
        )
        is_outranked = keeps_limit or (now is not None and now.is_hold and not override.is_hold)
        yield Span(
            start=start, end=end, asset_id=asset_id, before=before, after=before if is_outranked else override.target
        )
        start = end


def _sentences(
    override: Override,
    series: tuple[Span, ...],
    accepted: list[AcceptedSchedule],
    unit: str,
    limited_live: AssetId | None,
) -> Iterable[str]:
    told = override.target
    wanted = "released: it runs by itself" if told is None else f"told {to_do(told, _amount(told, unit))}"
    until = f"{override.until:%Y-%m-%d %H:%M} UTC"
    for asset_id in override.assets:
        spans = [span for span in series if span.asset_id == asset_id]
        first = spans[0]
        yield f"{asset_id} is {wanted} from the next tick until {until}; {_now(first.before, unit)}."
        if any(span.after != override.target for span in spans):
            yield (
                f"For some of that time {asset_id} follows a hold, or a plan that keeps the grid connection within its "
                "limits: these stand above an override."
            )
        if asset_id == limited_live:
            yield f"The limits of the grid connection stand above this: where they need it {asset_id} leaves it."
    is_one = len(override.assets) == 1
    if is_one:
        yield "Meanwhile no other asset carries what it lacks, and it carries for none."
        yield "Its own limits stand above this, and it ends by itself."
    else:
        yield "Meanwhile no other asset carries what they lack, and they carry for none."
        yield "Their own limits stand above this, and it ends by itself."
    if accepted:
        names = ", ".join(sorted(entry.schedule.id for entry in accepted)[:8])
        yield f"Then {'it follows its' if is_one else 'they follow their'} schedules again: {names}."


def _now(scheduled: int | None, unit: str) -> str:
    if scheduled is None:
        return "now nothing is scheduled for it"
    return f"now it is scheduled {to_do(scheduled, _amount(scheduled, unit))}"


def _amount(steps: int, unit: str) -> str:
    return f"{abs(steps):,} {unit}"


MOST_SPANS = 500
"""Told of a schedule's effect; a year of quarter hours is looked at in its first days."""


def effect_of_schedule(
    schedule_id: str,
    schedule: Schedule | None,
    *,
    accepted: Iterable[AcceptedSchedule],
    in_force: tuple[Override, ...],
    now: datetime,
    unit: str,
) -> Effect:
    """The effect of putting a schedule of this id, or with None of deleting it."""
    accepted = tuple(accepted)
    old = next((entry for entry in accepted if entry.schedule.id == schedule_id), None)
    assets = _assets_of(schedule, old)
    touching = [entry for entry in accepted if set(entry.schedule.assets) & set(assets)]
    others = tuple(other for other in in_force if set(other.assets) & set(assets))
    after = [entry for entry in touching if entry is not old]
    if schedule is not None:
        newest = max((entry.number for entry in accepted), default=0) + 1
        after.append(AcceptedSchedule(schedule=schedule, number=newest, accepted_at=now))
    series = tuple(_changes(touching, after, assets, now=now, until=_end_of(schedule, old, now)))
    return Effect(
        sentences=tuple(_of_schedule(schedule_id, schedule, old, series, others, unit)),
        series=series,
        version=version_of(touching, others),
    )


def _assets_of(schedule: Schedule | None, old: AcceptedSchedule | None) -> tuple[AssetId, ...]:
    named = (() if schedule is None else schedule.assets) + (() if old is None else old.schedule.assets)
    return tuple(dict.fromkeys(named))


def _end_of(schedule: Schedule | None, old: AcceptedSchedule | None, now: datetime) -> datetime:
    ends = [None if schedule is None else schedule.end, None if old is None else old.schedule.end]
    return max((end for end in ends if end is not None), default=now)


def _changes(
    before: list[AcceptedSchedule],
    after: list[AcceptedSchedule],
    assets: tuple[AssetId, ...],
    *,
    now: datetime,
    until: datetime,
) -> list[Span]:
    """Where what is scheduled would be another target."""
    spans: list[Span] = []
    indices, start = (ScheduleIndex(before), ScheduleIndex(after)), now
    while start < until and len(spans) < MOST_SPANS:
        was, becomes = (index.at(start) for index in indices)
        end = min([until, *(stretch.end for stretch in (was, becomes) if stretch.end is not None)])
        for asset_id in assets:
            old, new = was.merged.targets.get(asset_id), becomes.merged.targets.get(asset_id)
            if old != new:
                spans.append(Span(start=start, end=end, asset_id=asset_id, before=old, after=new))
        start = end
    return spans


def _of_schedule(  # noqa: PLR0917 - what is said
    schedule_id: str,
    schedule: Schedule | None,
    old: AcceptedSchedule | None,
    series: tuple[Span, ...],
    others: tuple[Override, ...],
    unit: str,
) -> Iterable[str]:
    if schedule is None:
        yield f"The schedule {schedule_id!r} ends; its assets get what the other schedules say."
    else:
        yield f"The schedule {schedule_id!r} is {'put' if old is None else 'replaced'}."
    if not series:
        yield "Nothing changes: stronger or equal words hold at all times."
    for asset_id in dict.fromkeys(span.asset_id for span in series):
        first = next(span for span in series if span.asset_id == asset_id)
        old_word, new_word = (
            "what the site's own schedule says" if power is None else doing(power, _amount(power, unit))
            for power in (first.before, first.after)
        )
        yield f"{asset_id}: from {first.start:%Y-%m-%d %H:%M} UTC {new_word} instead of {old_word}."
    for other in others:
        yield f"Until {other.until:%Y-%m-%d %H:%M} UTC {', '.join(other.assets[:8])}: set by hand, {other.because}."
