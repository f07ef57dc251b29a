"""The day on a virtual clock: requests and events in the order of time, each decided with what is known by then."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from energy_manager.domain.appliances.admission.rejection import Advice
from energy_manager.domain.appliances.day.document import Day, DayEvent
from energy_manager.domain.appliances.decision import Alert, Decision
from energy_manager.domain.appliances.events.restart import left_alone, resumed_after_outage
from energy_manager.domain.appliances.ledger.battery import BatteryPiece, battery_course
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.timetable import Timetable
from energy_manager.domain.appliances.units import FOREVER_US
from energy_manager.domain.errors import Fault, Refused

# The last instant of the virtual clock: every run that ends is over, an endless one is still on.
END_OF_TIME_US = FOREVER_US - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What happened: the last timetable, each request's decision by run id, the batteries' course, the alerts."""

    table: Timetable
    decisions: dict[str, Decision]
    battery: dict[str, list[BatteryPiece]]
    alerts: tuple[Alert, ...]


def replayed(day: Day, *, last_request: int | None = None, advice: Advice = "none") -> Replay:
    """Run the day; with ``last_request`` only up to that request's decision.

    Raises:
        Refused: requests for an appliance that is running whatever the plan (each by its path).
    """
    table = Timetable.of(day.households, now_us=0, policy=day.policy)
    recorder = _Recorder(table=table.begun_day(until_us=day.length_us), advice=advice)
    timeline: list[tuple[int, int, int, DayEvent | RunRequest]] = []
    # At one instant events come before requests: what ends at 10:00 leaves its room to what is asked for at 10:00.
    timeline += [(event.at_us, 0, index, event) for index, event in enumerate(day.events)]
    timeline += [(request.requested_us, 1, index, request) for index, request in enumerate(day.requests)]
    timeline.sort(key=lambda entry: entry[:3])
    for _, _, _, entry in timeline:
        recorder.happens(entry)
        if isinstance(entry, RunRequest) and last_request is not None and entry.run_id == str(last_request):
            break
    if recorder.faults:
        raise Refused(recorder.faults)
    if last_request is None:
        recorder.pass_time(END_OF_TIME_US)
    return Replay(
        table=recorder.table, decisions=recorder.decisions, battery=recorder.battery, alerts=tuple(recorder.alerts)
    )


# Full advice takes a tenth of a second in a crowded home; nobody reads it hundreds of times.
_MOST_FULL_ADVICE = 20


@dataclass(slots=True, kw_only=True)
class _Recorder:
    """The timetable as it goes through the day, and what is to be remembered of it."""

    table: Timetable
    advice: Advice
    rejections: int = 0
    decisions: dict[str, Decision] = field(default_factory=dict)
    battery: dict[str, list[BatteryPiece]] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def happens(self, entry: DayEvent | RunRequest) -> None:
        """One entry of the timeline; while the process is down it is heard of only afterwards."""
        at_us = entry.requested_us if isinstance(entry, RunRequest) else entry.at_us
        self.pass_time(max(at_us, self.table.now_us))
        if isinstance(entry, RunRequest):
            self._request(entry)
        elif entry.kind == "threshold":
            assert entry.household is not None
            assert entry.threshold_w is not None
            self.table, alerts = self.table.change_threshold(
                entry.household, entry.threshold_w, at_us=self.table.now_us
            )
            self.alerts += alerts
        elif entry.kind == "restart":
            self._restart(entry)
        else:
            self._end(entry)

    def pass_time(self, now_us: int) -> None:
        """Let time pass, noting what the batteries do and what the queue decides."""
        while True:
            due = [self.table.free_from_us(waiting) for waiting in self.table.queue]
            next_us = min([now_us, *due])
            self._note_batteries(self.table, next_us)
            self.table, decisions = self.table.advance(next_us)
            self.decisions.update({decision.run_id: decision for decision in decisions})
            if next_us == now_us:
                return

    def _note_batteries(self, table: Timetable, until_us: int) -> None:
        for name, home in table.homes.items():
            self.battery.setdefault(name, []).extend(
                piece for piece in battery_course(home, until_us) if piece.charge_w != 0
            )

    def _request(self, request: RunRequest) -> None:
        """Decide one request; a busy appliance refuses it.

        When the appliance is busy whatever the plan, the input is at fault; when it is busy only because its earlier
        run had to wait, this one request is turned down.
        """
        busy = self.table.busy_run(request.household, request.appliance)
        if busy is not None and (not request.is_queued or busy.end_us >= FOREVER_US):
            until_us = busy.request.requested_us + busy.request.length_us
            path = f"requests[{request.run_id}].appliance"
            message = f"{request.appliance!r} is already running then (requests[{busy.run_id}])"
            if request.requested_us < until_us:
                self.faults.append(Fault(field=path, message=f'{message}; "queue": true would let it wait'))
                return
            self._turn_down(request, busy)
            return
        self.table, decision = self.table.request(request, advice=self.advice)
        self.decisions[request.run_id] = decision
        self.rejections += decision.outcome == "rejected"
        if self.advice == "full" and self.rejections >= _MOST_FULL_ADVICE:
            self.advice = "quick"

    def _turn_down(self, request: RunRequest, busy: Run) -> None:
        run = Run(request=request, segments=(), outcome="rejected", decision_priority=0, closed_as="rejected")
        run = replace(run, decision_priority=replace(run, closed_as=None).priority(request.requested_us))
        self.table = self.table.with_runs([run])
        state = "running" if busy.has_started(self.table.now_us) else "waiting to run"
        self.decisions[request.run_id] = Decision(
            run_id=request.run_id,
            outcome="rejected",
            priority=run.decision_priority,
            reason=f'{request.appliance} is already {state}; with "queue": true it would wait for its turn',
        )

    def _restart(self, event: DayEvent) -> None:
        assert event.until_us is not None
        if event.until_us <= self.table.now_us:
            return
        down, waiting = left_alone(self.table)
        self._note_batteries(down, event.until_us)
        self.table, alerts = resumed_after_outage(down, waiting, event.until_us)
        self.alerts += alerts

    def _end(self, event: DayEvent) -> None:
        """An appliance ends early or its run is given up; heard of late, an end still counts from when it happened."""
        assert event.household is not None
        assert event.appliance is not None
        busy = self.table.busy_run(event.household, event.appliance)
        if busy is None:
            wanted = event.household, event.appliance
            drawing = [
                run
                for run in self.table.runs.values()
                if (run.request.household, run.request.appliance) == wanted and run.is_on(event.at_us)
            ]
            if drawing and event.kind == "finish" and event.at_us < self.table.now_us:
                cut = drawing[-1].cut(event.at_us)
                self.table = self.table.with_runs([replace(cut, closed_as="finished")])
                return
            message = f"{event.appliance} has no run to {event.kind}"
            self.alerts.append(Alert(at_us=self.table.now_us, household=event.household, excess_w=0, message=message))
            return
        change = self.table.finish if event.kind == "finish" else self.table.cancel
        self.table = change(busy.run_id, at_us=self.table.now_us)
        if event.kind == "finish" and event.at_us < self.table.now_us:
            self.table = self.table.with_runs([self.table.runs[busy.run_id].cut(event.at_us)])
