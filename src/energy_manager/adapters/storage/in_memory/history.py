"""What happened, in memory: the newest records, and plain sums over them."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from energy_manager.application.ports.records.history import (
    DeviceChangeRecord,
    LoopSeries,
    Record,
    RoundOf,
    Series,
    StatusRecord,
    Steps,
    TickTotal,
    Window,
    refuse_unless_of_hours,
)
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.quantities import AssetId

MAX_RECORDS = 20_000
"""Of each kind; eleven hours of ticks."""


Kind = TypeVar("Kind", Tick, StatusRecord, DeviceChangeRecord)


class InMemoryHistory:
    """Keeps the newest records of each kind; recorder and history in one."""

    def __init__(self, *, max_records: int = MAX_RECORDS) -> None:
        self.stored = 0
        self.dropped = 0
        self._ticks: deque[Tick] = deque(maxlen=max_records)
        self._statuses: deque[StatusRecord] = deque(maxlen=max_records)
        self._changes: deque[DeviceChangeRecord] = deque(maxlen=max_records)

    def record(self, record: Record) -> None:
        match record:
            case Tick():
                self._keep(record, self._ticks)
            case StatusRecord():
                self._keep(record, self._statuses)
            case DeviceChangeRecord():
                self._keep(record, self._changes)

    def _keep(self, record: Kind, kept: deque[Kind]) -> None:
        self.stored += 1
        self.dropped += len(kept) == kept.maxlen
        kept.append(record)

    def series(self, asset_id: AssetId, window: Window) -> Series:
        ticks = list(self.ticks(window.start, window.end))
        rounds = list(self.statuses(window.start, window.end))
        of_asset = [(entry.at, entry.statuses[asset_id]) for entry in rounds if asset_id in entry.statuses]
        return Series(
            asset_id=asset_id,
            window=window,
            scheduled=_steps([(t.at, t.scheduled[asset_id]) for t in ticks if asset_id in t.scheduled], window),
            target=_steps([(t.at, told) for t in ticks if (told := t.targets.get(asset_id)) is not None], window),
            potential=_steps([(t.at, t.potentials[asset_id]) for t in ticks if asset_id in t.potentials], window),
            output=_steps([(at, status.output) for at, status in of_asset if status.output is not None], window),
        )

    def fleet(self, window: Window) -> tuple[Series, ...]:
        refuse_unless_of_hours(window)
        ticks, rounds = self.ticks(window.start, window.end), self.statuses(window.start, window.end)
        mentioned = [[*tick.scheduled, *tick.targets, *tick.potentials] for tick in ticks]
        mentioned += [[*entry.statuses] for entry in rounds]
        assets = dict.fromkeys(asset_id for mention in mentioned for asset_id in mention)
        return tuple(self.series(asset_id, window) for asset_id in assets)

    def loop(self, window: Window) -> LoopSeries:
        ticks = list(self.ticks(window.start, window.end))
        held = [(tick.at, tick.hold) for tick in ticks if tick.hold is not None]
        imports = [(at, hold.import_kw) for at, hold in held if hold.import_kw is not None]
        import_limits = [(at, hold.import_limit_kw) for at, hold in held if hold.import_limit_kw is not None]
        export_limits = [(at, hold.export_limit_kw) for at, hold in held if hold.export_limit_kw is not None]
        return LoopSeries(
            window=window,
            ticks=_counts(ticks, window),
            short_ticks=_counts([tick for tick in ticks if tick.shortfall], window),
            lag_s=_steps([(tick.at, tick.lag_s) for tick in ticks], window),
            shortfall=_steps([(tick.at, tick.shortfall) for tick in ticks], window),
            import_kw=_steps(imports, window),
            import_limit_kw=_steps(import_limits, window),
            export_limit_kw=_steps(export_limits, window),
        )

    def output_integrals(self, assets: Sequence[AssetId], window: Window) -> dict[AssetId, Integral]:
        from energy_manager.adapters.storage.in_memory.integrals import output_integral_of  # noqa: PLC0415 - numpy

        return {asset_id: output_integral_of(self, asset_id, window) for asset_id in assets}

    def import_integral(self, window: Window) -> Integral:
        from energy_manager.adapters.storage.in_memory.integrals import import_integral_of  # noqa: PLC0415 - numpy

        return import_integral_of(self, window)

    def ticks(self, since: datetime, until: datetime) -> Iterator[Tick]:
        return iter(_within(self._ticks, since, until))

    def statuses(self, since: datetime, until: datetime) -> Iterator[StatusRecord]:
        return iter(_within(self._statuses, since, until))

    def tick_totals(self, since: datetime, until: datetime) -> Iterator[TickTotal]:
        for tick in self.ticks(since, until):
            yield TickTotal(
                at=tick.at,
                scheduled=sum(tick.scheduled.values()),
                target=sum(target or 0 for target in tick.targets.values()),
                power_unit=tick.power_unit,
            )

    def rounds_of(self, field: str, since: datetime, until: datetime) -> Iterator[RoundOf]:
        for entry in self.statuses(since, until):
            values = {asset_id: getattr(status, field) for asset_id, status in entry.statuses.items()}
            yield RoundOf(at=entry.at, values=values)

    def tick_at(self, instant: datetime) -> Tick | None:
        return _latest(self._ticks, instant)

    def statuses_at(self, instant: datetime) -> StatusRecord | None:
        return _latest(self._statuses, instant)

    def device_changes(
        self, since: datetime, until: datetime, *, asset_id: AssetId | None = None
    ) -> tuple[DeviceChangeRecord, ...]:
        changes = _within(self._changes, since, until)
        return tuple(change for change in changes if asset_id is None or change.asset_id == asset_id)


def _within(kept: deque[Kind], since: datetime, until: datetime) -> list[Kind]:
    return sorted((record for record in kept.copy() if since <= record.at < until), key=lambda record: record.at)


def _latest(kept: deque[Kind], instant: datetime) -> Kind | None:
    return max((record for record in kept.copy() if record.at <= instant), key=lambda record: record.at, default=None)


def _counts(ticks: list[Tick], window: Window) -> tuple[int, ...]:
    step = timedelta(seconds=window.step_s)
    counts = Counter((tick.at - window.start) // step for tick in ticks)
    return tuple(counts[index] for index in range(window.count))


def _steps(samples: Sequence[tuple[datetime, float]], window: Window) -> Steps:
    step = timedelta(seconds=window.step_s)
    by_step: dict[int, list[float]] = {}
    for at, value in samples:
        by_step.setdefault((at - window.start) // step, []).append(value)
    columns = [by_step.get(index) for index in range(window.count)]
    return Steps(
        min=tuple(None if values is None else min(values) for values in columns),
        mean=tuple(None if values is None else math.fsum(values) / len(values) for values in columns),
        max=tuple(None if values is None else max(values) for values in columns),
    )
