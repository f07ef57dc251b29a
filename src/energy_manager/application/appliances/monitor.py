"""Beside the loop: what the site file says of homes is registered once, and time is looked after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from energy_manager.application.appliances.building import Building
from energy_manager.application.appliances.desired_state import (
    Difference,
    SiteHome,
    differences,
    households_left_out,
    keep_stated,
    left_out,
    line_of,
    stated_before,
)
from energy_manager.application.appliances.service import ApplianceService
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import AppendLog, StoreUnavailable
from energy_manager.domain.errors import Refused

LOOK_S = 0.5
"""How often time is looked after: several times while a start is near."""


AWAY_S = 3.0
"""A store that is away for less is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDemand:
    """A simulated resident asks for a run every so many seconds, first ``first_s`` after the start."""

    household: str
    appliance: str
    every_s: float
    first_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class WatchAppliances:
    """Looks a few times a second; whatever is wrong with the store is told once, and tried again."""

    live: ApplianceService
    clock: Clock
    journal: Journal
    homes: tuple[SiteHome, ...] = ()
    habits: tuple[SimulatedDemand, ...] = ()
    _due_s: dict[SimulatedDemand, float] = field(default_factory=dict, init=False)
    _is_settled: bool = field(default=False, init=False)
    _away_since_s: float | None = field(default=None, init=False)
    _is_told: bool = field(default=False, init=False)

    def look(self) -> None:
        """Do what is due."""
        try:
            if not self._is_settled:
                self._settle_in()
            self.live.pass_time()
            for habit in self._due():
                self._ask(habit)
        except StoreUnavailable as error:
            self._note_absence(error.reason)
        else:
            if self._is_told:
                self._notice("appliances are looked after again", is_good=True)
            self._away_since_s, self._is_told = None, False

    def _note_absence(self, reason: str) -> None:
        """Tell it once, unless the store is only slow to open or busy for a moment."""
        now_s = self.clock.now_s()
        self._away_since_s = now_s if self._away_since_s is None else self._away_since_s
        if not self._is_told and now_s - self._away_since_s >= AWAY_S:
            self._is_told = True
            self._notice(f"appliances cannot be looked after, what was planned goes on: {reason}")

    def _settle_in(self) -> None:
        """Register what the site file tells of and the store does not know, and apply what it says anew."""
        building = self.live.look()
        for sentence in households_left_out(self.homes, self.live.kept.store):
            self._notice(sentence)
        for home in self.homes:
            before = stated_before(self.live.kept.store, home.household)
            if home.household not in building.table.homes:
                self.live.put_household(home.household, home.document)
            else:
                self._leave_out(home, before, building)
                self._restate(home, before, building)
            for name, document in home.appliances.items():
                if (home.household, name) not in building.installed:
                    self._put(home.household, name, document)
            if before != home:
                keep_stated(self.live.kept.store, home)
        self._is_settled = True
        now_s = self.clock.now_s()
        self._due_s = {habit: now_s + habit.first_s for habit in self.habits}

    def _leave_out(self, home: SiteHome, before: SiteHome | None, building: Building) -> None:
        """Take the assets of those that left the file, so that others can have them."""
        for left in left_out(home, before, building):
            self._notice(left.sentence())
            if left.document is not None:
                self._put(left.household, left.appliance, left.document)

    def _restate(self, home: SiteHome, before: SiteHome | None, building: Building) -> None:
        """Apply what the site file says anew, and name what it says otherwise than the store."""
        found = list(differences(home, before, building))
        for difference in found:
            self._notice(difference.sentence(), is_good=difference.is_new)
        changed = {difference.key for difference in found if difference.is_new and difference.appliance is None}
        outcome = "done"
        try:
            if changed:
                changes = {key: value for key, value in home.document.items() if key in changed}
                self.live.restate_household(home.household, changes)
        except Refused as refused:
            outcome = str(refused)
            self._notice(f"{home.household}: what the site file says now is not applied: {refused}")
        renewed = {difference.appliance for difference in found if difference.is_new}
        for name, document in home.appliances.items():
            if name in renewed:
                self._put(home.household, name, document)
        self._log([difference for difference in found if difference.is_new], outcome)

    def _log(self, applied: list[Difference], outcome: str) -> None:
        """Write into the logbook what the file has changed."""
        at = self.live.kept.now()
        lines = [
            line_of(difference, at=at, outcome=outcome if difference.appliance is None else "done")
            for difference in applied
        ]
        if lines:
            self.live.kept.store.commit([AppendLog(entry=line) for line in lines])

    def _put(self, household: str, name: str, document: dict[str, Any]) -> None:
        try:
            self.live.put_appliance(household, name, document)
        except Refused as refused:
            self._notice(f"{household}: {name} of the site file is not registered: {refused}")

    def _due(self) -> Iterator[SimulatedDemand]:
        now_s = self.clock.now_s()
        for habit, due_s in self._due_s.items():
            if now_s >= due_s:
                self._due_s[habit] = due_s + habit.every_s
                yield habit

    def _ask(self, habit: SimulatedDemand) -> None:
        try:
            self.live.request({"household": habit.household, "appliance": habit.appliance})
        except Refused as refused:
            self._notice(f"{habit.household}: {habit.appliance} is not asked for: {refused}")

    def _notice(self, sentence: str, *, is_good: bool = False) -> None:
        self.journal.record(Noticed(is_good=is_good, sentence=sentence))
