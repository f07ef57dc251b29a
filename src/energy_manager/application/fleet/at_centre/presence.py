"""Which sites are there, by what they were last heard to say: NATS has no last will, so silence is what tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from energy_manager.application.fleet.at_centre.connections import Believed, whole
from energy_manager.application.ports.fleet.fleet_bus import SiteState
from energy_manager.domain.fleet import BEAT

LATE_S = 3 * BEAT.total_seconds()
LOST_S = 60.0

LEFT_OUT_S = 60.0
"""So long it is told of a site that messages of its were left out."""

MOST_CLOCK_OFF_S = 10.0
"""A site goes by its own clock: one that is further off would begin and end orders at the wrong time."""


class Standing(StrEnum):
    """How a site stands, the worst first."""

    LOST = "lost"
    """Nothing was heard for a minute, or ever."""
    LATE = "late"
    """Nothing was heard for three beats, or nobody took its last order."""
    ALARM = "alarm"
    """It has alarms, acknowledged or not, its loop is not on time, its clock is off, or what it says cannot be."""
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSeen:
    """A site as it was last heard; ``age_s`` since then, None: never.

    ``clock_off_s`` is how far its clock is ahead of the centre's, ``acknowledged_by`` who at the centre has seen that
    it is late or lost, empty: nobody has. ``doubt`` is what it says and is not believed, empty: nothing.
    """

    site: str
    standing: Standing
    state: SiteState | None
    age_s: float | None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    clock_off_s: float = 0.0
    doubt: str = ""

    @property
    def is_clock_off(self) -> bool:
        """Whether its clock and the centre's are too far apart for orders."""
        return abs(self.clock_off_s) > MOST_CLOCK_OFF_S

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody has seen all that is wrong with it; it is wrong all the same."""
        if self.standing is Standing.ALARM:
            is_all = self.state is not None and self.state.alarms == 0 and self.state.acknowledged > 0
            return is_all and not self.is_clock_off and not self.doubt
        return self.acknowledged_at is not None


@dataclass(slots=True, kw_only=True)
class Presence:
    """``heard`` from the bus's thread, the questions from any.

    Args:
        elapsed_s: monotonic seconds.
        now: the time of day, UTC.
        believes: what of a state is believed.
    """

    elapsed_s: Callable[[], float]
    now: Callable[[], datetime]
    believes: Callable[[SiteState], Believed] = whole
    _states: dict[str, tuple[SiteState, float]] = field(default_factory=dict, init=False)
    """Copied before it is gone through: ``copy`` alone lets no other thread in between."""
    _gone: dict[str, float] = field(default_factory=dict, init=False)
    _doubts: dict[str, str] = field(default_factory=dict, init=False)
    _left_out: dict[str, tuple[str, float]] = field(default_factory=dict, init=False)

    def heard(self, state: SiteState) -> SiteState:
        """The site is there; returns its state as far as it is believed."""
        believed, doubt = self.believes(state)
        if doubt:
            self._doubts[state.site] = doubt
        elif self._doubts:
            self._doubts.pop(state.site, None)
        self._states[state.site] = (believed, self.elapsed_s())
        return believed

    def left_out(self, site: str, why: str) -> None:
        """A message of the site's could not be taken."""
        self._left_out[site] = (why, self.elapsed_s())

    def _doubt(self, site: str, now_s: float) -> str:
        """What is not believed of it, or cannot be read."""
        why, at_s = self._left_out.get(site, ("", now_s - LEFT_OUT_S))
        left_out = f"some of its messages are left out: {why}" if now_s - at_s < LEFT_OUT_S else ""
        return "; ".join(filter(None, (self._doubts.get(site, ""), left_out)))

    def nobody_there(self, site: str) -> None:
        """Nobody took a message for it; until it is heard again it is not counted on."""
        self._gone[site] = self.elapsed_s()

    def available(self) -> Mapping[str, SiteState]:
        """The sites that can be ordered something now, each with its newest state."""
        now, now_s = self.now(), self.elapsed_s()
        return {
            site: state
            for site, (state, at_s) in self._states.copy().items()
            if now_s - at_s < LATE_S
            and self._gone.get(site, -1.0) < at_s
            and abs(_clock_off_s(state, now, now_s - at_s)) <= MOST_CLOCK_OFF_S
        }

    def gone(self) -> frozenset[str]:
        """The sites at which nobody was when they were last written to, and that were not heard since."""
        return frozenset(
            site
            for site, gone_at_s in self._gone.copy().items()
            if self._states.get(site, (None, -1.0))[1] <= gone_at_s
        )

    def names(self) -> tuple[str, ...]:
        """Every site that was ever heard."""
        return tuple(self._states.copy())

    def seen(self, site: str) -> SiteSeen:
        """How a site stands."""
        state, at_s = self._states.get(site, (None, 0.0))
        now_s = self.elapsed_s()
        doubt = self._doubt(site, now_s)
        if state is None:
            return SiteSeen(site=site, standing=Standing.LOST, state=None, age_s=None, doubt=doubt)
        age_s = now_s - at_s
        off_s = _clock_off_s(state, self.now(), age_s)
        standing = self._standing(state, at_s, age_s, off_s)
        return SiteSeen(site=site, standing=standing, state=state, age_s=age_s, clock_off_s=off_s, doubt=doubt)

    def standings(self) -> Iterator[tuple[str, Standing, SiteState]]:
        """Every site that was ever heard, as ``seen`` has it."""
        now, now_s = self.now(), self.elapsed_s()
        for site, (state, at_s) in self._states.copy().items():
            age_s = now_s - at_s
            yield site, self._standing(state, at_s, age_s, _clock_off_s(state, now, age_s)), state

    def _standing(self, state: SiteState, at_s: float, age_s: float, clock_off_s: float) -> Standing:
        if age_s >= LOST_S:
            return Standing.LOST
        if age_s >= LATE_S or self._gone.get(state.site, -1.0) >= at_s:
            return Standing.LATE
        has_alarms = state.alarms or state.acknowledged or abs(clock_off_s) > MOST_CLOCK_OFF_S
        has_doubts = (self._doubts or self._left_out) and self._doubt(state.site, at_s + age_s)
        is_wrong = has_alarms or not state.is_on_time or has_doubts
        return Standing.ALARM if is_wrong else Standing.GOOD


def _clock_off_s(state: SiteState, now: datetime, age_s: float) -> float:
    return (state.at - now).total_seconds() + age_s


def in_words(seen: SiteSeen) -> str:
    """Why a site cannot be counted on; empty where it can."""
    if seen.age_s is None:
        return "it has never been heard of"
    if seen.standing is Standing.LOST:
        return f"it is lost, nothing was heard for {seen.age_s:.0f} s"
    if seen.standing is Standing.LATE:
        return f"it is late, nothing was heard for {seen.age_s:.0f} s"
    if seen.is_clock_off:
        return f"its clock is {clock_in_words(seen)}"
    return ""


def clock_in_words(seen: SiteSeen) -> str:
    """How far a site's clock is off; empty where it is not."""
    if not seen.is_clock_off:
        return ""
    way = "ahead of" if seen.clock_off_s > 0 else "behind"
    return f"{abs(seen.clock_off_s):.0f} s {way} the centre's"
