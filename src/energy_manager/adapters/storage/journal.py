"""The loop's events as records of the history."""

from __future__ import annotations

from energy_manager.adapters.runtime.clocks import TimeOfDay
from energy_manager.application.ports.records.history import (
    DeviceChangeRecord,
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
        match event:
            case Tick():
                self._recorder.record(event)
            case StatusesRead():
                statuses = {name: StatusOf.of(status, at_s=event.at_s) for name, status in event.statuses.items()}
                self._recorder.record(StatusRecord(at=self._time_of(event.at_s), statuses=statuses))
            case DeviceChanged():
                self._record_change(event.asset_id, event.sentence, is_good=event.is_good)
            case Noticed():
                self._record_change(None, event.sentence, is_good=event.is_good)
            case TicksSkipped():
                sentence = f"held up for {event.late_s:.1f} s: {event.count} {event.what} skipped"
                self._record_change(None, sentence, is_good=False)
            case StatusesAsked():
                return

    def _record_change(self, asset_id: str | None, sentence: str, *, is_good: bool) -> None:
        now = self._time_of.now()
        self._recorder.record(DeviceChangeRecord(at=now, asset_id=asset_id, is_good=is_good, sentence=sentence))
