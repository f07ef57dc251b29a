"""The loop's events as records of the history."""

from __future__ import annotations

from energy_manager.adapters.runtime.clocks import TimeOfDay
from energy_manager.application.ports.records.history import (
    DeviceChangeRecord,
    Record,
    Recorder,
    StatusOf,
    StatusRecord,
)
from energy_manager.application.ports.records.journal import (
    DeviceChanged,
    Event,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TicksSkipped,
)
from energy_manager.application.ports.records.tick import Tick


class StoreJournal:
    """Hands every event on to the recorder, with a time of day; a tick is a record as it is."""

    def __init__(self, recorder: Recorder, *, time_of: TimeOfDay) -> None:
        self._recorder = recorder
        self._time_of = time_of

    def record(self, event: Event) -> None:
        """Hand it on; what the mappings hold is read later, so nobody may change them."""
        record = self._translated(event)
        if record is not None:
            self._recorder.record(record)

    def _translated(self, event: Event) -> Record | None:
        match event:
            case Tick():
                return event
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

    def _statuses(self, read: StatusesRead) -> StatusRecord:
        statuses = {asset_id: StatusOf.of(status, at_s=read.at_s) for asset_id, status in read.statuses.items()}
        return StatusRecord(at=self._time_of(read.at_s), statuses=statuses)

    def _change(self, asset_id: str | None, sentence: str, *, is_good: bool) -> DeviceChangeRecord:
        return DeviceChangeRecord(at=self._time_of.now(), asset_id=asset_id, is_good=is_good, sentence=sentence)
