"""Beside the loop: the clock is watched, its jumps are told, and the store keeps what is known of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from energy_manager.application.clock.marks import keep_clock, kept_clock
from energy_manager.application.clock.site_clock import SiteClock
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.clock_trust import in_words

KEPT_EVERY_S = 30.0
"""How often the store is told the time: a start after a crash knows time up to then."""


@dataclass(slots=True, kw_only=True)
class WatchClock:
    """Looks a few times a second, in one thread.

    Args:
        newest_record: when the newest tick was recorded before this run, None if there is none.
        on_jump: tells those whose plans move with the clock of a jump (how far, and what makes it the site's time);
            it adopts the jump, or raises ``StoreUnavailable`` and the jump is told again at the next look.
    """

    clock: SiteClock
    documents: DocumentRepository
    newest_record: Callable[[], datetime | None]
    on_jump: Callable[[timedelta, Callable[[], None]], None]
    journal: Journal
    _has_begun: bool = field(default=False, init=False)
    _kept_at_s: float | None = field(default=None, init=False)
    _doubt: str = field(default="", init=False)

    def look(self) -> None:
        """Follow the clock, tell what has changed, keep what is known."""
        jump = self.clock.look()
        if jump is not None:
            self._jump(jump)
        try:
            self._begin()
            self._keep()
        except StoreUnavailable:
            pass  # told by the store; tried again at the next look
        self._tell_of_trust()

    def _jump(self, jump: timedelta) -> None:
        self.clock.is_moving = True
        try:
            self.on_jump(jump, lambda: self.clock.adopt(jump))
        except StoreUnavailable:
            return
        finally:
            self.clock.is_moving = False
        direction = "forward" if jump > timedelta(0) else "back"
        sentence = f"the clock was set {direction} by {in_words(jump)}: schedules follow it, runs keep what remains"
        self.journal.record(Noticed(is_good=False, sentence=sentence))
        self._kept_at_s = None

    def _begin(self) -> None:
        if not self._has_begun:
            self.clock.begin(kept_clock(self.documents), newest_record=self.newest_record())
            self._has_begun = True

    def _keep(self) -> None:
        now_s, record = self.clock.read().uptime_s, self.clock.record()
        if record is None or (self._kept_at_s is not None and now_s - self._kept_at_s < KEPT_EVERY_S):
            return
        keep_clock(self.documents, record)
        self._kept_at_s = now_s

    def _tell_of_trust(self) -> None:
        trust = self.clock.trust()
        if bool(trust.why) == bool(self._doubt):
            return
        if trust.why:
            sentence = f"{trust.why}; nothing is deleted by it until it agrees again or has kept in step for a day"
        else:
            sentence = "the clock is believed again"
        self._doubt = trust.why
        self.journal.record(Noticed(is_good=trust.is_trusted, sentence=sentence))
