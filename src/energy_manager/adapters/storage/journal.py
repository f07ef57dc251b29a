"""The loop's events as records of the history."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import cast

from energy_manager.adapters.clocks import wall_clock
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.history import (
    DeviceChangeRecord,
    HoldRecord,
    Record,
    Recorder,
    StatusOf,
    StatusRecord,
    TickRecord,
)
from energy_manager.application.ports.journal import (
    DeviceChanged,
    Event,
    GridHold,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TargetsSent,
    TicksSkipped,
)
from energy_manager.domain.dispatch import DeviceStatus
from energy_manager.domain.quantities import AssetId


class StoreJournal:
    """Turns monotonic times into times of day, to the millisecond, and hands every event on to the recorder."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        clock: Clock,
        policy: str,
        power_unit: str,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._policy = policy
        self._power_unit = power_unit
        self._now = now

    def record(self, event: Event) -> None:
        """Hand it on; what the mappings hold is read later, so nobody may change them."""
        record = self._translated(event)
        if record is not None:
            self._recorder.record(record)

    def _translated(self, event: Event) -> Record | None:
        match event:
            case TargetsSent():
                return self._tick(event)
            case StatusesRead():
                return self._statuses(event)
            case DeviceChanged():
                return self._change(event.asset_id, event.sentence, is_good=event.is_good)
            case Noticed():
                return self._change(None, event.sentence, is_good=event.is_good)
            case TicksSkipped():
                sentence = f"held up for {event.late_s:.1f} s: {event.count} {event.what} skipped"
                return self._change(None, sentence, is_good=False)
            case StatusesAsked():
                return None

    def _tick(self, sent: TargetsSent) -> TickRecord:
        # The devices' targets over those decided for assets without a device; looked into by the writer, because
        # walking through a thousand assets would cost the loop a tenth of a millisecond.
        targets = ChainMap(cast(dict[AssetId, int], sent.targets), sent.dispatch.targets)
        return TickRecord(
            number=sent.tick,
            at=self._at(sent.due_s),
            lag_s=sent.lag_s,
            scheduled=sent.scheduled,
            potentials=sent.potentials,
            targets=targets,
            shortfall=sent.dispatch.shortfall,
            decided_by=sent.decided_by,
            fault=sent.schedule_fault,
            policy=self._policy,
            hold=None if sent.hold is None else _hold_record(sent.hold),
            bounds=sent.bounds,
            status_ages_s=StatusAges(sent.statuses, at_s=sent.decided_at_s),
            untold=sent.untold,
            unreadable=sent.unreadable,
            failure=sent.failure,
            power_unit=self._power_unit,
        )

    def _statuses(self, read: StatusesRead) -> StatusRecord:
        statuses = {
            asset_id: StatusOf(output=status.output, potential=status.potential, age_s=status.age_s(read.at_s))
            for asset_id, status in read.statuses.items()
        }
        return StatusRecord(at=self._at(read.at_s), statuses=statuses)

    def _change(self, asset_id: str | None, sentence: str, *, is_good: bool) -> DeviceChangeRecord:
        return DeviceChangeRecord(at=_to_ms(self._now()), asset_id=asset_id, is_good=is_good, sentence=sentence)

    def _at(self, instant_s: float) -> datetime:
        return _to_ms(self._now() - timedelta(seconds=self._clock.now_s() - instant_s))


class StatusAges(Mapping[AssetId, float]):
    """How old statuses are at an instant, s; worked out by whoever looks, which is the writer and not the loop."""

    __slots__ = ("_at_s", "_statuses")

    def __init__(self, statuses: Mapping[AssetId, DeviceStatus], *, at_s: float) -> None:
        self._statuses = statuses
        self._at_s = at_s

    def __getitem__(self, asset_id: AssetId) -> float:
        return self._statuses[asset_id].age_s(self._at_s)

    def __iter__(self) -> Iterator[AssetId]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)


def _hold_record(hold: GridHold) -> HoldRecord:
    return HoldRecord(
        storage=hold.storage,
        target=hold.target,
        import_kw=hold.import_kw,
        reason=hold.decision.reason,
        import_limit_kw=hold.import_limit_kw,
        export_limit_kw=hold.export_limit_kw,
        shortfall_kw=hold.decision.shortfall_kw,
    )


def _to_ms(instant: datetime) -> datetime:
    """Rounded to the millisecond."""
    rounded = instant + timedelta(microseconds=500)
    return rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)
