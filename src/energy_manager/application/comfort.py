"""What residents ask of assets by hand: schedules of comfort authority with an end, which expire by themselves.

They are schedules of the store like any other, so a plan or a manual schedule stands above them, and the loop, the
record and the explanation know them already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import AppendLog, DeleteSchedule, PutSchedule
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, Source, TimeBlock, refuse_unfit
from energy_manager.domain.site import PlanningSite


def order_id(asset_id: AssetId) -> str:
    """The id of the schedule by which an asset is ordered; there is one an asset at most, the newest."""
    return f"comfort:{asset_id}"


@dataclass(slots=True, kw_only=True)
class ComfortOrders:
    """Orders for single assets, each for ``lasts`` from the time at which it comes.

    Args:
        schedules: the stored ones.
        site: what the orders are followed on.
        source: who gives these orders; of comfort authority.
        actor: the same, as the logbook names it.
        now: the site's time of day.
        lasts: how long an order holds.
    """

    schedules: ScheduleRepository
    site: PlanningSite
    source: Source
    actor: Actor
    now: Callable[[], datetime]
    lasts: timedelta
    _known: dict[int, AcceptedSchedule] = field(default_factory=dict, init=False)
    _revision: int | None = field(default=None, init=False)

    def order(self, asset_id: AssetId, target: int) -> datetime:
        """Have the asset deliver the target, in power steps, + = delivers, where no plan speaks; until when.

        Raises:
            Refused: the site has no such asset, or it can never do that.
            StoreUnavailable: the order could not be kept, and does not hold.
        """
        now = self.now()
        block = TimeBlock(start=now, end=now + self.lasts, targets={asset_id: target})
        schedule = Schedule(id=order_id(asset_id), source=self.source, blocks=(block,))
        refuse_unfit(schedule, self.site)
        line = self._line("asset ordered", asset_id, after={"target": target, "until": block.end.isoformat()})
        self.schedules.commit([PutSchedule(schedule=schedule), AppendLog(entry=line)])
        return block.end

    def withdraw(self, asset_id: AssetId) -> bool:
        """Let the order of this asset hold no longer; whether there was one in force.

        Raises:
            StoreUnavailable: it could not be withdrawn, and holds until its end.
        """
        if asset_id not in self.in_force():
            return False
        line = self._line("order withdrawn", asset_id)
        was_there, _ = self.schedules.commit([DeleteSchedule(id=order_id(asset_id)), AppendLog(entry=line)])
        return was_there is True

    def _line(self, action: str, asset_id: AssetId, *, after: Any = None) -> LogEntry:  # noqa: ANN401 - JSON-ready
        target = self.in_force().get(asset_id)
        before = None if target is None else {"target": target}
        return LogEntry(
            at=self.now(),
            kind=LogKind.COMMAND,
            actor=self.actor,
            action=action,
            subject=asset_id[:200],
            before=before,
            after=after,
        )

    def in_force(self) -> dict[AssetId, int]:
        """The target of each asset for which an order has come and not ended, whoever decides now.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        now, revision = self.now(), self.schedules.revision()
        if revision != self._revision:
            unfinished = self.schedules.unfinished_at(now, known=self._known)
            self._known = {accepted.number: accepted for accepted in unfinished}
            self._revision = revision
        return dict(self._holding(now))

    def _holding(self, now: datetime) -> list[tuple[AssetId, int]]:
        found = []
        for accepted in self._known.values():
            schedule = accepted.schedule
            block = schedule.block_at(now) if schedule.source is self.source else None
            if block is not None:
                found += [(asset_id, target) for asset_id, target in block.targets.items()]
        return found
