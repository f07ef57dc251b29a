"""The building as the store has it: read anew when somebody else changed it, and brought to the present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from energy_manager.application.appliances.building import Building, SwitchableAssets
from energy_manager.application.appliances.events import happenings
from energy_manager.application.appliances.repository import diff, load, version_of
from energy_manager.application.appliances.schedules import with_batteries_told
from energy_manager.application.appliances.transitions import BEAT_US, as_left
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable, VersionConflict
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.appliances import Policy, Timetable
from energy_manager.domain.appliances.units import US_PER_MINUTE
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust, in_words
from energy_manager.domain.series import microseconds

SILENT_US = 3 * BEAT_US
"""When it has not for so long, it is down, and nobody switches what is planned."""

AHEAD_US = US_PER_MINUTE
"""A state that is further ahead of the clock was left by a clock that was ahead: it goes back with the clock."""


@dataclass(slots=True, kw_only=True)
class KeptBuilding:
    """The state of all homes of one store, with the version that it was read or written as; not for two threads.

    Args:
        store: the store.
        now: the time of day.
        site: what this process switches; None: it switches nothing (the command line).
        policy: what households without a policy of their own go by.
        journal: is told what happens.
        has_left: for a process that switches nothing: whether the one that did has ended in good order.
        trust: whether the clock agrees with what the store knows of time.
        newest: the state as it was known last, None before the first look and when it is not known what the store has.
        seen_us: the last look of this process.
    """

    store: StateRepository
    now: Callable[[], datetime]
    site: SwitchableAssets | None
    policy: Policy
    journal: Journal
    has_left: Callable[[], bool] = lambda: False
    trust: Callable[[], ClockTrust] = lambda: TRUSTED
    newest: Building | None = field(default=None, init=False)
    seen_us: int | None = field(default=None, init=False)
    _version: int = field(default=0, init=False)

    def keep(self, before: Building, after: Building) -> None:
        """Make it durable, and only then let it be the state; what happened is told.

        Raises:
            StoreUnavailable: it could not be made durable.
            VersionConflict: somebody else has changed the state since it was read; it is read anew.
        """
        after = with_batteries_told(after)
        try:
            self.store.commit(diff(before, after, version=self._version))
        except StoreUnavailable as error:
            if not error.is_undone:
                self.newest = None
            raise
        except VersionConflict:
            self.newest = None
            raise
        self.newest, self._version = after, self._version + 1
        for event in happenings(before, after):
            self.journal.record(event)

    def current(self, *, is_question: bool = False) -> Building:
        """The state at its last change, read anew if somebody else has changed it since, and looked after until now.

        A question of a process that switches nothing leaves the store as it is.
        """
        now_us = microseconds(self.now())
        kept = self.newest
        if kept is None or version_of(self.store) != self._version:
            empty = Building(table=Timetable.of([], now_us=now_us, policy=self.policy))
            kept, self._version = load(self.store, self.policy) or (empty, 0)
        taken = self._taken_up(kept, now_us)
        if taken is kept:
            self.newest = kept
        elif is_question and self.site is None:
            return taken
        else:
            self.keep(kept, taken)
        self.seen_us = now_us
        assert self.newest is not None
        return self.newest

    def _is_looked_after(self, kept: Building, now_us: int) -> bool:
        """Whether somebody has switched what was planned up to now: this process, or the one that serves the store."""
        if self.site is not None:
            return self.seen_us is not None and now_us - self.seen_us <= SILENT_US
        if self.seen_us is not None:
            return True
        is_recent = kept.up_us is not None and now_us - kept.up_us <= SILENT_US
        return is_recent and not self.has_left()

    def _taken_up(self, kept: Building, now_us: int) -> Building:
        """The state as it is where it was looked after; else brought to the present.

        One that is ahead of the clock, and at the start of a process whose clock is doubtful any, moves with the clock:
        nothing is missed or over because of a clock that may be wrong.
        """
        trust = TRUSTED if self.seen_us is not None else self.trust()
        is_ahead = kept.now_us - now_us > AHEAD_US
        if self.site is None and not trust.is_trusted:
            return kept
        if not is_ahead and trust.is_trusted and self._is_looked_after(kept, now_us):
            return kept
        left = as_left(kept, self.seen_us if not is_ahead else None)
        if is_ahead or not trust.is_trusted:
            self._tell_of_move(left, now_us)
            left = left.moved_with_the_clock(now_us - left.now_us)
        taken = left.resumed_after_outage(up_us=now_us)
        if self.site is None:
            return replace(taken, unattended_us=taken.now_us).pruned()
        return replace(taken, unattended_us=None, site=self.site, up_us=taken.now_us).pruned()

    def _tell_of_move(self, left: Building, now_us: int) -> None:
        by = timedelta(microseconds=now_us - left.now_us)
        if left.table.homes:
            direction = "forward" if by > timedelta(0) else "back"
            sentence = f"the clock and the homes disagree by {in_words(by)}: the homes' plans move {direction} with it"
            self.journal.record(Noticed(is_good=False, sentence=sentence))
