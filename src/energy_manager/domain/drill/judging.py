"""Whether a site stood a fault: the laws that hold always, and what the kind of fault expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from energy_manager.domain.drill.day import DrillSite, Episode
from energy_manager.domain.drill.kinds import KINDS, TICK_S, FaultKind
from energy_manager.domain.drill.observation import Moment, Observation
from energy_manager.domain.quantities import AssetId

RECOVERED_WITHIN_S = 44.0
"""After the end of a fault: three rounds of statuses, and a tick."""

MEASURED_WITHIN_S = 13.0
"""After a change of the schedule: a round of statuses, and a tick; what a device does instead is known by then."""

CLEAR_SHARE = 0.15
SEEN_FOR_S = 40.0
"""A deviation of this share of the target, and for this long, is no matter of taste."""

SHARE_OF_TOLERANCE = 0.03
"""A total that lies within this share of the schedule is kept; devices are that exact at best."""

GRID_TOLERANCE_SHARE = 0.05
GRID_WITHIN_S = 8.0
"""A limit of the grid connection is kept but for this share, within four ticks, where its storage can do something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An episode's figures; ``complaints`` is empty if the site stood it.

    ``noticed_after_s`` is None where nothing was said. ``undelivered_steps_h`` is the energy that the healthy could
    have delivered and did not, in power steps × hours.
    """

    episode: Episode
    complaints: tuple[str, ...]
    ticks: int
    skipped: int
    unsafe: int
    noticed_after_s: float | None
    undelivered_steps_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KindResult:
    """All episodes of one kind together."""

    kind: FaultKind
    episodes: tuple[Judged, ...]

    @property
    def passed(self) -> bool:
        """Whether the site stood all of them."""
        return not any(episode.complaints for episode in self.episodes)

    @property
    def ticks(self) -> int:
        """The ticks in all."""
        return sum(episode.ticks for episode in self.episodes)

    @property
    def skipped(self) -> int:
        """The ticks that were given up in all."""
        return sum(episode.skipped for episode in self.episodes)

    @property
    def unsafe(self) -> int:
        """The targets in all that no device may be told."""
        return sum(episode.unsafe for episode in self.episodes)

    @property
    def longest_to_notice_s(self) -> float | None:
        """The longest time from the begin of a fault until something was said of it."""
        return max((each.noticed_after_s for each in self.episodes if each.noticed_after_s is not None), default=None)

    @property
    def undelivered_steps_h(self) -> float:
        """The energy not delivered in all."""
        return sum(episode.undelivered_steps_h for episode in self.episodes)


def results_by_kind(judged: Iterable[Judged]) -> tuple[KindResult, ...]:
    """The episodes by kind, in the order of ``KINDS``."""
    by_kind: dict[FaultKind, list[Judged]] = {}
    for each in judged:
        by_kind.setdefault(each.episode.kind, []).append(each)
    return tuple(KindResult(kind=kind, episodes=tuple(by_kind[kind])) for kind in KINDS if kind in by_kind)


def judge(episode: Episode, site: DrillSite, seen: Observation) -> Judged:
    """Hold what was seen against the laws and the kind of fault."""
    complaints = [
        *seen.unsafe[:3],
        *seen.losses,
        *_skipped(episode, seen),
        *_unnoticed(episode, seen),
        *_undelivered(episode, site, seen),
        *_of_the_grid(episode, site, seen),
    ]
    return Judged(
        episode=episode,
        complaints=tuple(complaints),
        ticks=len(seen.moments),
        skipped=seen.skipped,
        unsafe=len(seen.unsafe),
        noticed_after_s=_noticed_after_s(episode, seen),
        undelivered_steps_h=sum(_missing(episode, site, moment) for moment in seen.moments) * TICK_S / 3600,
    )


def _skipped(episode: Episode, seen: Observation) -> Iterator[str]:
    most = int(episode.kind.stands_still_s / TICK_S) + bool(episode.kind.stands_still_s)
    if seen.skipped > most:
        yield f"{seen.skipped} ticks were skipped, {most} at most may be"


def _noticed_after_s(episode: Episode, seen: Observation) -> float | None:
    for happening in seen.happenings:
        is_meant = happening.asset is None or not episode.hit or happening.asset in episode.hit
        if is_meant and episode.begins_s <= happening.at_s <= episode.over_s:
            return happening.at_s - episode.begins_s
    return None


def _unnoticed(episode: Episode, seen: Observation) -> Iterator[str]:
    within_s, after_s = episode.kind.noticed_within_s, _noticed_after_s(episode, seen)
    if within_s is None:
        return
    if episode.kind.by_deviation:
        deviates_after_s = _deviates_after_s(episode, seen)
        if deviates_after_s is None:
            return
        within_s += deviates_after_s
    if after_s is None:
        yield f"nothing was said of it; it should be within {within_s:g} s"
    elif after_s > within_s:
        yield f"it was said after {after_s:.1f} s; it should be within {within_s:g} s"


def _deviates_after_s(episode: Episode, seen: Observation) -> float | None:
    """From the begin of the fault until the asset clearly does something else than told; None = never for long."""
    since_s: float | None = None
    for moment in seen.moments:
        if not episode.begins_s <= moment.at_s < episode.ends_s:
            continue
        if not any(_clearly_deviates(moment, asset_id) for asset_id in episode.hit):
            since_s = None
            continue
        since_s = moment.at_s if since_s is None else since_s
        if moment.at_s - since_s >= SEEN_FOR_S:
            return since_s - episode.begins_s
    return None


def _clearly_deviates(moment: Moment, asset_id: AssetId) -> bool:
    target = moment.targets.get(asset_id)
    return target is not None and abs(moment.outputs[asset_id] - target) > max(3.0, CLEAR_SHARE * abs(target))


def _undelivered(episode: Episode, site: DrillSite, seen: Observation) -> Iterator[str]:
    for moment in _steady(seen.moments):
        if not _is_judged(episode, site, moment.at_s):
            continue
        scheduled = _scheduled(site, moment)
        missing, surplus = _missing(episode, site, moment), _surplus(episode, site, moment)
        tolerance = max(2.0, SHARE_OF_TOLERANCE * scheduled)
        if missing > tolerance:
            yield (
                f"{_in(moment, episode)} {missing:.0f} of the {scheduled:.0f} scheduled are not delivered, "
                f"though there was room"
            )
            return
        is_unseen = episode.kind.may_deliver_more and moment.at_s < episode.ends_s + 2 * TICK_S
        if surplus > tolerance and not is_unseen:
            yield f"{_in(moment, episode)} {surplus:.0f} more than the {scheduled:.0f} scheduled are delivered"
            return


def _steady(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Those at which the schedule has been the same for long enough to be measured."""
    since_s, scheduled = 0.0, None
    for moment in moments:
        if moment.scheduled != scheduled:
            since_s, scheduled = moment.at_s, moment.scheduled
        if moment.at_s - since_s >= MEASURED_WITHIN_S:
            yield moment


def _in(moment: Moment, episode: Episode) -> str:
    after_s = moment.at_s - episode.ends_s
    if after_s > 0:
        return f"{after_s:.0f} s after its end"
    return f"{moment.at_s - episode.begins_s:.0f} s after its begin"


def _is_judged(episode: Episode, site: DrillSite, at_s: float) -> bool:
    """Whether the total must be kept then: once the others carry, and once the fault is long over."""
    if not site.carries:
        return False
    kind, slack_s = episode.kind, 2.0 * site.ramp_s
    if at_s >= episode.ends_s + RECOVERED_WITHIN_S + slack_s:
        return True
    if kind.carried_within_s is None:
        return False
    return episode.begins_s + kind.carried_within_s + slack_s <= at_s < episode.ends_s


def _scheduled(site: DrillSite, moment: Moment) -> float:
    return sum(power for asset_id, power in moment.scheduled.items() if asset_id in site.most and power >= 0)


def _delivered(site: DrillSite, moment: Moment) -> float:
    return sum(moment.outputs[asset_id] for asset_id in site.most if moment.scheduled.get(asset_id, -1) >= 0)


def _missing(episode: Episode, site: DrillSite, moment: Moment) -> float:
    """What the healthy could deliver of the schedule, with what those that are hit deliver, and nobody does."""
    could = 0.0
    for asset_id in site.most:
        if moment.scheduled.get(asset_id, -1) >= 0:
            is_hit = asset_id in episode.hit and moment.at_s < episode.ends_s
            could += max(0.0, moment.outputs[asset_id] if is_hit else moment.capable[asset_id])
    return max(0.0, min(_scheduled(site, moment), could) - _delivered(site, moment))


def _surplus(episode: Episode, site: DrillSite, moment: Moment) -> float:
    """What is delivered beyond the schedule and could have been left: a device that is hit does as it likes."""
    of_hit = sum(max(0.0, moment.outputs[asset_id]) for asset_id in episode.hit if asset_id in site.most)
    return max(0.0, _delivered(site, moment) - max(_scheduled(site, moment), of_hit))


def _of_the_grid(episode: Episode, site: DrillSite, seen: Observation) -> Iterator[str]:
    if site.import_limit_kw is None or set(episode.hit) & site.held or episode.kind.stands_still_s:
        return
    since_s = None
    for moment in seen.moments:
        beyond_kw = _beyond_kw(site, moment.import_kw)
        if not moment.can_help or beyond_kw <= max(0.3, GRID_TOLERANCE_SHARE * site.import_limit_kw):
            since_s = None
            continue
        since_s = moment.at_s if since_s is None else since_s
        if moment.at_s - since_s > GRID_WITHIN_S:
            yield f"{_in(moment, episode)} the limit of the grid connection is crossed by {beyond_kw:.1f} kW"
            return


def _beyond_kw(site: DrillSite, import_kw: float | None) -> float:
    if import_kw is None or site.import_limit_kw is None:
        return 0.0
    beyond_kw = max(0.0, import_kw - site.import_limit_kw)
    return beyond_kw if site.export_limit_kw is None else max(beyond_kw, -import_kw - site.export_limit_kw)
