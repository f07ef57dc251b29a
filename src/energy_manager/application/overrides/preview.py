"""What an override would do: in sentences, as a series, and a version that changes when the answer might."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import AcceptedSchedule, Authority, Override, OverrideIndex, ScheduleIndex


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
    wanted = "released: it runs by itself" if override.target is None else f"told {override.target:,} {unit}"
    until = f"{override.until:%Y-%m-%d %H:%M} UTC"
    for asset_id in override.assets:
        spans = [span for span in series if span.asset_id == asset_id]
        first = spans[0]
        was = "nothing is scheduled for it" if first.before is None else f"{first.before:,} {unit} is scheduled for it"
        yield f"{asset_id} is {wanted} from the next tick until {until}; now {was}."
        if any(span.after != override.target for span in spans):
            yield (
                f"For some of that time {asset_id} follows a hold, or a plan that keeps the grid connection within its "
                "limits: these stand above an override."
            )
        if asset_id == limited_live:
            yield f"The limits of the grid connection stand above this: where they need it {asset_id} leaves it."
    yield "What is taken from these assets is carried by nobody, and they carry for nobody."
    yield "Their own limits stand above it, and it ends by itself."
    if accepted:
        names = ", ".join(sorted(entry.schedule.id for entry in accepted)[:8])
        yield f"Then they follow their schedules again: {names}."
