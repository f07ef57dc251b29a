"""Where events go: into the log, into memory, or to whoever looks at the newest tick."""

from __future__ import annotations

import time
from collections.abc import Mapping
from queue import Full, Queue
from typing import Any

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.application.ports.records.journal import (
    DeviceChanged,
    Event,
    Journal,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TicksSkipped,
)
from energy_manager.application.ports.records.kept_fields import kept_fields
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.directions import does
from energy_manager.domain.dispatch import AssetStatus, powers_in

MAX_EVENTS = 10_000
LISTED_ASSETS = 8
"""A tick's line names each asset on sites up to this size; on larger ones it gives the sums."""


class InMemoryJournal:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        """Keep it."""
        self.events.append(event)


class NewestTick:
    """Keeps the newest tick at hand; costs the loop one assignment, and who looks may do so from any thread."""

    def __init__(self) -> None:
        self.sent: Tick | None = None

    def record(self, event: Event) -> None:
        """Keep it if it is a tick."""
        if isinstance(event, Tick):
            self.sent = event

    def __call__(self) -> Tick | None:
        """The newest tick, or None before the first."""
        return self.sent


class Journals:
    """Several journals that are told the same."""

    def __init__(self, *journals: Journal) -> None:
        self._journals = journals

    def record(self, event: Event) -> None:
        """Tell each."""
        for journal in self._journals:
            journal.record(event)


class LogJournal:
    """Writes events to the log in a thread of its own: a line a tick, a table a status round, transitions once.

    Beyond ``max_events`` waiting events further ones are dropped and counted.
    """

    def __init__(self, *, power_unit: str, max_events: int = MAX_EVENTS) -> None:
        self._unit = power_unit
        self._events: Queue[Event] = Queue(max_events)
        self._schedule_fault = ""
        self.dropped = 0
        self._thread = start_daemon(self._write_out, name="journal")

    def record(self, event: Event) -> None:
        """Queue it."""
        try:
            self._events.put_nowait(event)
        except Full:
            self.dropped += 1

    @property
    def is_alive(self) -> bool:
        """Whether events are still being logged."""
        return self._thread.is_alive()

    def drain(self, *, until_s: float) -> None:
        """Wait until everything is logged or the monotonic clock shows ``until_s``."""
        while self._events.unfinished_tasks and time.monotonic() < until_s:
            time.sleep(0.0005)

    def _write_out(self) -> None:
        told_dropped = 0
        while True:
            event = self._events.get()
            try:
                self._write(event)
            except Exception as error:  # noqa: BLE001 - whatever an event holds, the next one is logged
                logger.error("an event could not be logged ({}): {}", type(event).__name__, describe_failure(error))
            if self.dropped > told_dropped:
                logger.warning("{} events were not logged: too many at once", self.dropped - told_dropped)
                told_dropped = self.dropped
            self._events.task_done()

    def _write(self, event: Event) -> None:
        match event:
            case Tick():
                if not event.failure:
                    self._write_schedule_change(event)
                _log("INFO", self._tick_line(event), event="tick", **_tick_particulars(event))
            case StatusesRead():
                self._write_statuses(event)
            case TicksSkipped():
                sentence = f"held up for {event.late_s:.1f} s: {event.count} {event.what} skipped"
                _log("WARNING", sentence, event="skipped", what=event.what, count=event.count)
            case DeviceChanged():
                _log(_level(event.is_good), f"{event.asset_id}: {event.sentence}", event="device", asset=event.asset_id)
            case Noticed():
                _log(_level(event.is_good), event.sentence, event="noticed")
            case StatusesAsked():
                logger.debug("status round {} asked", event.round)

    def _write_schedule_change(self, sent: Tick) -> None:
        fault = sent.fault
        if bool(fault) != bool(self._schedule_fault):
            without = "only stored schedules are followed" if sent.scheduled else "all devices are told 0"
            sentence = f"no schedule, {without}: {fault}" if fault else "the schedule is known again"
            _log(_level(not fault), sentence, event="schedule")
        self._schedule_fault = fault

    def _tick_line(self, sent: Tick) -> str:
        parts = [f"tick {sent.number}"]
        told = [asset_id for asset_id in sent.targets if asset_id not in sent.untold]
        if sent.failure:
            return f"tick {sent.number}   could not be decided: all 0"
        if sent.fault and not sent.scheduled:
            parts.append("no schedule: all 0")
        elif len(told) <= LISTED_ASSETS:
            parts.append("   ".join(_asset_words(sent, asset_id) for asset_id in told))
        else:
            short = sum(power > sent.potentials.get(asset_id, 0) for asset_id, power in sent.scheduled.items())
            parts.append(f"{len(told)} assets, {short} short")
        parts.append(f"total {_total(_delivered(sent), sum(sent.scheduled.values()))} {self._unit}")
        if sent.hold is not None:
            parts.append(_hold_words(sent.hold))
        if sent.shortfall:
            parts.append(f"shortfall {sent.shortfall} {self._unit}")
        return "   ".join(parts)

    def _write_statuses(self, read: StatusesRead) -> None:
        """One line a device; in the text format they stand as a table under one heading."""
        width = max(map(len, read.asset_ids), default=0)
        rows = []
        for asset_id in read.asset_ids:
            status = read.statuses.get(asset_id)
            rows.append(f"    {asset_id:<{width}}   {self._status_words(status, read.at_s)}")
        particulars = [_status_particulars(asset_id, read) for asset_id in read.asset_ids]
        _log("INFO", "\n".join([f"statuses of {len(rows)} devices", *rows]), event="statuses", devices=particulars)

    def _status_words(self, status: AssetStatus | None, at_s: float) -> str:
        if status is None:
            return "missing"
        output = "output missing" if status.output is None else f"{_flow(status.output)} {self._unit}"
        stored = "" if status.stored_wh is None else f"   stored {status.stored_wh / 1000:.3f} kWh"
        return f"{output}   potential {status.potential:>6} {self._unit}{stored}   {status.age_s(at_s):.1f} s old"


def _log(level: str, sentence: str, **particulars: Any) -> None:  # noqa: ANN401 - JSON-ready
    logger.bind(**particulars).log(level, "{}", sentence)


def _level(is_good: bool) -> str:  # noqa: FBT001
    return "INFO" if is_good else "WARNING"


def _flow(output: int) -> str:
    """``delivers    100``, ``takes         3``: as wide whichever it is."""
    return f"{'takes' if output < 0 else 'delivers':<8} {abs(output):>6}"


def _power(steps: int) -> str:
    """``100``, ``takes 30``: as in the sentences about one tick, where what is delivered needs no word."""
    return f"takes {-steps}" if steps < 0 else str(steps)


def _total(delivered: int, scheduled: int) -> str:
    """``500 of 500``, ``takes 300 of 500`` or, of two directions, ``delivers 5, scheduled takes 8``."""
    if delivered >= 0 and scheduled >= 0:
        return f"{delivered} of {scheduled}"
    if delivered <= 0 and scheduled <= 0:
        return f"takes {-delivered} of {-scheduled}"
    return f"{does(delivered, str(abs(delivered)))}, scheduled {does(scheduled, str(abs(scheduled)))}"


def _asset_words(sent: Tick, asset_id: str) -> str:
    """``asset_3 50 (short of 300)``, ``asset_2 250 (+50)`` or plainly ``asset_1 100``."""
    target, scheduled = sent.targets[asset_id], sent.scheduled.get(asset_id, 0)
    if target is None:
        return f"{asset_id} released"
    if asset_id in sent.counted:
        return f"{asset_id} {_power(target)} (counts as {_power(sent.counted[asset_id])})"
    if target == scheduled:
        return f"{asset_id} {_power(target)}"
    if target < 0 or scheduled < 0:
        return f"{asset_id} {_power(target)} (scheduled {_power(scheduled)})"
    if target < scheduled:
        return f"{asset_id} {target} (short of {scheduled})"
    return f"{asset_id} {target} (+{target - scheduled})"


def _delivered(sent: Tick) -> int:
    """What the targets come to, where assets do what they are told or count as something else."""
    return sum(sent.counted.get(asset_id, power) for asset_id, power in powers_in(sent.targets).items())


def _hold_words(hold: GridHold) -> str:
    """``import 52.1 kW, import limit: battery takes 30`` or, on schedule and released, ``import 41.0 kW``."""
    if hold.import_kw is None:
        measured = "grid not measured"
    else:
        measured = f"{'export' if hold.import_kw < 0 else 'import'} {abs(hold.import_kw):.1f} kW"
    if hold.reason in {"schedule", "released"}:
        return measured
    told = "released" if hold.target is None else _power(hold.target)
    if hold.plan and hold.reason == "band":
        return f"{measured}, {hold.mode}: {hold.storage} {told}"
    return f"{measured}, {hold.reason}: {hold.storage} {told}"


def _tick_particulars(sent: Tick) -> dict[str, Any]:
    in_log = {of.name: getattr(sent, of.name) for of in kept_fields(type(sent)) if of.shown and of.shown.in_log}
    plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in in_log.items()}
    return {"tick": sent.number, "lag_ms": round(1e3 * sent.lag_s, 3), **plain} | (
        {} if sent.hold is None else {"import_kw": sent.hold.import_kw, "hold": sent.hold.reason}
    )


def _status_particulars(asset_id: str, read: StatusesRead) -> dict[str, Any]:
    status = read.statuses.get(asset_id)
    if status is None:
        return {"asset": asset_id, "missing": True}
    age_s = round(status.age_s(read.at_s), 3)
    said = {"output": status.output, "potential": status.potential, "stored_wh": status.stored_wh}
    return {"asset": asset_id, **said, "age_s": age_s}
