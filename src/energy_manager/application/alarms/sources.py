"""What can be wrong at a site, looked up beside the loop; nothing of this is the tick's work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from energy_manager.application.alarms.alarm import Priority, Trouble
from energy_manager.application.dispatch.site_view import AssetView, PccView, SiteView
from energy_manager.application.ports.schedules.durability import StoreWatch
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.directions import to_do
from energy_manager.domain.dispatch import AssetState

HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW

LEAST_EXCESS_KW = 0.05
"""Half of the least that sentences tell: a loop that holds a limit swings about it by the noise of its meter."""

_OF_STATE = {
    "late": "does not answer",
    "failed": "answers with errors",
    "absent": "has never answered",
    "stale": "has no new reading",
    "disobeys": "does not do what it is told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TroublesOfSite:
    """Asked every half second.

    Args:
        site: how it stands now.
        store: how the store is.
        clock: whether it is to be believed.
        oddities: what of the stored schedules the site cannot follow, a sentence each.
        planning: what is wrong with periodic planning, a sentence each.
        lost: why this process commands nothing any more, or empty.
        power_unit: what a power step is.
        tick_age_s: how long ago the loop ticked; None: not yet.
        period_s: how often it should.
    """

    site: Callable[[], SiteView]
    store: StoreWatch
    clock: Callable[[], ClockTrust]
    oddities: Callable[[], Sequence[str]]
    planning: Callable[[], Sequence[str]]
    lost: Callable[[], str]
    power_unit: str
    tick_age_s: Callable[[], float | None]
    period_s: float

    def __call__(self) -> Iterator[Trouble]:
        """What is wrong now."""
        view = self.site()
        yield from self._of_loop(view)
        for asset in view.assets:
            yield from self._of_asset(asset, view)
        if view.pcc is not None:
            yield from _of_grid(view.pcc)
        yield from self._of_surroundings()

    def _of_loop(self, view: SiteView) -> Iterator[Trouble]:
        age_s = self.tick_age_s()
        if age_s is not None and age_s > 3 * self.period_s:
            yield _trouble("loop", "site", HIGH, f"The loop has not ticked for {age_s:.0f} s.", "No device is told.")
        if view.failure:
            yield _trouble("tick", "site", HIGH, f"The tick cannot be decided: {view.failure}.", "Fallbacks hold.")
        if view.schedule_fault:
            consequence = "Only stored schedules are followed."
            yield _trouble("schedule", "site", HIGH, f"The schedule is not known: {view.schedule_fault}.", consequence)
        if view.shortfall > 0:
            what = f"{view.shortfall:,} {self.power_unit} of the schedule cannot be delivered."
            yield _trouble("shortfall", "site", MEDIUM, what, "The site delivers less than is scheduled.")
        if lost := self.lost():
            yield _trouble("lease", "site", HIGH, f"{lost[0].upper()}{lost[1:]}.", "Another process commands the site.")

    def _of_asset(self, asset: AssetView, view: SiteView) -> Iterator[Trouble]:
        state = str(asset.state)
        if state not in _OF_STATE:
            return
        missing = max(0, (asset.scheduled or 0) - (asset.target or 0))
        others = " The others carry what it lacks." if missing and not view.shortfall else ""
        counted = _counted_as(asset)
        amount = f"{abs(asset.scheduled or 0):,} {self.power_unit}"
        scheduled = f"It is scheduled {to_do(asset.scheduled, amount)}." if asset.scheduled else ""
        consequence = " ".join(filter(None, [scheduled, counted])) or "It is not controlled reliably."
        priority = HIGH if asset.scheduled else MEDIUM
        what = f"{asset.id} {_OF_STATE[state]}."
        yield Trouble(
            id=f"asset:{asset.id}",
            subject=asset.id,
            priority=priority,
            what=what,
            consequence=consequence,
            done=others.strip(),
            has_lasted=asset.state is AssetState.LATE,  # a call is late only after most of its period
        )

    def _of_surroundings(self) -> Iterator[Trouble]:
        state = self.store.state()
        if not state.is_reachable:
            consequence = "Dispatch goes on with what it knows; nothing new can be stored, a hold still works."
            yield _trouble("store", "store", HIGH, "The store is not available.", consequence)
        if not state.writer_is_alive:
            yield _trouble(
                "writer", "store", HIGH, "The store's writer has ended; nothing is recorded.", "Restart the product."
            )
        trust = self.clock()
        if not trust.is_trusted:
            what = f"The clock is doubtful: {trust.why}."
            yield _trouble("clock", "clock", HIGH, what, "By it nothing is deleted and no jump is adopted unseen.")
        for oddity in self.oddities():
            name = hashlib.sha256(oddity.encode("utf-8", "backslashreplace")).hexdigest()[:12]
            what, consequence = f"{oddity[0].upper()}{oddity[1:]}.", "What the site cannot follow takes no part."
            yield _trouble(f"schedule:{name}", "schedules", MEDIUM, what, consequence)
        for sentence in self.planning():
            yield _trouble("planning", "planning", MEDIUM, sentence, "The former plan goes on to hold until it ends.")


def _counted_as(asset: AssetView) -> str:
    """What the site takes an asset for that is not well, where that is not what it measures."""
    if asset.kind == "meter":
        return "What it measures is not known."
    return "It counts as able to deliver nothing." if str(asset.state) in {"absent", "stale"} else ""


def _of_grid(pcc: PccView) -> Iterator[Trouble]:
    if pcc.import_kw is None:
        consequence = "The storage is told only what is safe without a measurement."
        yield _trouble("pcc:unknown", pcc.meter, HIGH, "The grid connection is not measured.", consequence)
        return
    limits = (("import", pcc.import_kw, pcc.import_limit_kw), ("export", -pcc.import_kw, pcc.export_limit_kw))
    for name, power_kw, limit_kw in limits:
        if power_kw - limit_kw >= LEAST_EXCESS_KW:
            what = f"The grid connection's {name} is {power_kw:,.1f} kW, above its limit of {limit_kw:,.1f} kW."
            yield Trouble(
                id=f"pcc:{name}",
                subject=pcc.meter,
                priority=HIGH,
                what=what,
                consequence="The connection may be billed or cut off.",
                done=f"{pcc.storage} is told what brings it back.",
            )


def _trouble(name: str, subject: str, priority: Priority, what: str, consequence: str) -> Trouble:
    return Trouble(id=name, subject=subject, priority=priority, what=what, consequence=consequence)
