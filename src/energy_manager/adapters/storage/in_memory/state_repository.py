"""Schedules, activations and documents in memory."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from energy_manager.adapters.storage.validation import (
    check_changes,
    fits,
    is_large,
    json_text,
    most_kept,
    octets_of,
    targets_text,
    too_many,
    too_much,
)
from energy_manager.application.clock import marks
from energy_manager.application.ports.forecasts.forecast_repository import MOST_ISSUES
from energy_manager.application.ports.records.logbook import EVERYTHING, LogFilter, LogRecord
from energy_manager.application.ports.schedules.durability import (
    PATIENCE_S,
    AcceptedActivation,
    AppendLog,
    Change,
    DeleteDocument,
    DeleteForecast,
    DeleteSchedule,
    Document,
    Done,
    JsonObject,
    PutActivation,
    PutDocument,
    PutForecast,
    PutSchedule,
    VersionConflict,
)
from energy_manager.application.ports.schedules.schedule_repository import NONE_KNOWN, StateRepository
from energy_manager.domain.errors import Refused
from energy_manager.domain.forecast import ForecastHead, IssuedForecast
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, Source


@dataclass(frozen=True, slots=True)
class _ForecastIssues:
    """The forecasts of one name with their versions, in order of issue; ``version`` is the newest."""

    in_order: tuple[tuple[IssuedForecast, int], ...] = ()
    version: int = 0

    def with_issue(self, forecast: IssuedForecast) -> _ForecastIssues:
        """With one more, in place of one of the same instant; beyond the bound the oldest goes."""
        version = self.version + 1
        others = (entry for entry in self.in_order if entry[0].issued_at != forecast.issued_at)
        ordered = sorted((*others, (forecast, version)), key=lambda entry: entry[0].issued_at)
        return _ForecastIssues(tuple(ordered[-MOST_ISSUES:]), version)

    def counting_at(self, at: datetime) -> tuple[IssuedForecast, int]:
        """The newest that was issued by then, else the first after it."""
        past = [entry for entry in self.in_order if entry[0].issued_at <= at]
        return past[-1] if past else self.in_order[0]


@dataclass(slots=True)
class _Pages:
    """Everything that is kept; a commit writes new pages and puts them in place of the old."""

    schedules: dict[str, AcceptedSchedule] = field(default_factory=dict)
    octets: dict[str, int] = field(default_factory=dict)
    terms: dict[str, JsonObject] = field(default_factory=dict)
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    forecasts: dict[str, _ForecastIssues] = field(default_factory=dict)
    log: tuple[LogRecord, ...] = ()
    revision: int = 0

    def copied(self) -> _Pages:
        return replace(
            self,
            schedules=dict(self.schedules),
            octets=dict(self.octets),
            terms=dict(self.terms),
            documents=dict(self.documents),
            forecasts=dict(self.forecasts),
        )

    def take_out(self, schedule_id: str) -> AcceptedSchedule | None:
        """Without the schedule, if it was there."""
        self.octets.pop(schedule_id, None)
        return self.schedules.pop(schedule_id, None)


class InMemoryStateRepository(StateRepository):
    """The repositories of schedules, activations and documents."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages = _Pages()

    def commit(self, changes: Sequence[Change], *, timeout_s: float = PATIENCE_S) -> tuple[Done, ...]:  # noqa: ARG002
        """Make the changes on new pages, then turn to those."""
        check_changes(changes)
        with self._lock:
            pages = self._pages.copied()
            now = datetime.now(UTC)
            done = tuple(_make(change, pages, now) for change in changes)
            self._pages = pages
        return done

    def get(self, schedule_id: str) -> AcceptedSchedule | None:
        return self._pages.schedules.get(schedule_id)

    def all(self) -> tuple[AcceptedSchedule, ...]:
        return self._schedules(lambda _: True)

    def active_at(self, instant: datetime) -> tuple[AcceptedSchedule, ...]:
        return self._schedules(lambda schedule: schedule.block_at(instant) is not None)

    def page(self, *, after: int, limit: int) -> tuple[AcceptedSchedule, ...]:
        return tuple(entry for entry in self._pages.schedules.values() if entry.number > after)[:limit]

    def unfinished_at(
        self,
        instant: datetime,
        *,
        known: Mapping[int, AcceptedSchedule] = NONE_KNOWN,  # noqa: ARG002 - all are at hand
    ) -> tuple[AcceptedSchedule, ...]:
        return self._schedules(lambda schedule: schedule.end is not None and schedule.end > instant)

    def revision(self) -> int:
        return self._pages.revision

    def activation(self, activation_id: str) -> AcceptedActivation | None:
        pages = self._pages
        if activation_id not in pages.terms:
            return None
        return AcceptedActivation(accepted=pages.schedules[activation_id], terms=pages.terms[activation_id])

    def activations(self) -> tuple[AcceptedActivation, ...]:
        pages = self._pages
        return tuple(
            AcceptedActivation(accepted=accepted, terms=pages.terms[accepted.schedule.id])
            for accepted in pages.schedules.values()
            if accepted.schedule.id in pages.terms
        )

    def forecast(self, name: str, *, at: datetime) -> IssuedForecast | None:
        issues = self._pages.forecasts.get(name)
        return None if issues is None else issues.counting_at(at)[0]

    def forecasts(self, *, at: datetime) -> tuple[ForecastHead, ...]:
        found = ((name, issues.counting_at(at)) for name, issues in sorted(self._pages.forecasts.items()))
        return tuple(forecast.head(version) for _, (forecast, version) in found)

    def issues(self, name: str, *, since: datetime, until: datetime) -> tuple[IssuedForecast, ...]:
        kept = self._pages.forecasts.get(name, _ForecastIssues()).in_order
        return tuple(forecast for forecast, _ in kept if since <= forecast.issued_at < until)

    def document(self, kind: str, document_id: str) -> Document | None:
        return self._pages.documents.get((kind, document_id))

    def documents(self, kind: str) -> tuple[Document, ...]:
        documents = self._pages.documents
        return tuple(documents[key] for key in sorted(documents) if key[0] == kind)

    def log_page(
        self, *, before: int | None = None, limit: int = 100, only: LogFilter = EVERYTHING
    ) -> tuple[LogRecord, ...]:
        log = self._pages.log if before is None else self._pages.log[: max(0, before - 1)]
        wanted = (record for record in reversed(log) if only.wants(record.entry))
        return tuple(itertools.islice(wanted, limit))

    def _schedules(self, belongs: Callable[[Schedule], bool]) -> tuple[AcceptedSchedule, ...]:
        return tuple(accepted for accepted in self._pages.schedules.values() if belongs(accepted.schedule))


def _make(change: Change, pages: _Pages, now: datetime) -> Done:
    match change:
        case PutSchedule(schedule=schedule):
            pages.terms.pop(schedule.id, None)
            return _accept(schedule, pages, now)
        case PutActivation(activation=activation):
            pages.terms[activation.id] = _copied(activation.terms)
            accepted = _accept(activation.schedule, pages, now)
            return AcceptedActivation(accepted=accepted, terms=pages.terms[activation.id])
        case DeleteSchedule(id=schedule_id):
            pages.revision += 1
            pages.terms.pop(schedule_id, None)
            return pages.take_out(schedule_id) is not None
        case PutDocument() | DeleteDocument():
            return _change_documents(change, pages)
        case PutForecast() | DeleteForecast():
            return _change_forecasts(change, pages)
        case AppendLog(entry=entry):
            record = LogRecord(number=len(pages.log) + 1, entry=entry)
            pages.log = (*pages.log, record)
            return record


def _change_documents(change: PutDocument | DeleteDocument, pages: _Pages) -> Done:
    version = _expected_version(change, pages)
    if isinstance(change, DeleteDocument):
        return pages.documents.pop((change.kind, change.id), None) is not None
    document = Document(kind=change.kind, id=change.id, version=version + 1, body=_copied(change.body))
    pages.documents[change.kind, change.id] = document
    return document


def _change_forecasts(change: PutForecast | DeleteForecast, pages: _Pages) -> Done:
    if isinstance(change, DeleteForecast):
        return pages.forecasts.pop(change.name, None) is not None
    issues = pages.forecasts.get(change.forecast.name, _ForecastIssues()).with_issue(change.forecast)
    pages.forecasts[change.forecast.name] = issues
    return change.forecast.head(issues.version)


def _accept(schedule: Schedule, pages: _Pages, now: datetime) -> AcceptedSchedule:
    """The newest stands last."""
    pages.take_out(schedule.id)
    octets = octets_of(targets_text(block) for block in schedule.blocks)
    _make_room(schedule, octets, pages, now)
    pages.revision += 1
    accepted = AcceptedSchedule(schedule=schedule, number=pages.revision, accepted_at=now)
    pages.schedules[schedule.id] = accepted
    pages.octets[schedule.id] = octets
    return accepted


def _make_room(new: Schedule, octets: int, pages: _Pages, now: datetime) -> None:
    """Where as many, or as much, are kept as may be, let go of those that ended longest ago."""
    is_run = new.source is Source.APPLIANCES
    kept = pages.schedules.values()
    alike = [entry.schedule for entry in kept if (entry.schedule.source is Source.APPLIANCES) == is_run]
    if len(alike) >= most_kept(new.source):
        _let_go(alike, pages, now, otherwise=too_many(new.source))
    if is_large(octets, new.source):
        while not fits(octets + sum(pages.octets[schedule.id] for schedule in alike)):
            _let_go(alike, pages, now, otherwise=too_much(octets))


def _let_go(alike: list[Schedule], pages: _Pages, now: datetime, *, otherwise: Refused) -> None:
    clock = pages.documents.get((marks.KIND, marks.DOCUMENT_ID))
    now = now if clock is None else min(now, marks.record_of(clock).lived_until)
    ended = [(schedule.end, schedule.id) for schedule in alike if schedule.end is not None and schedule.end <= now]
    if not ended:
        raise otherwise
    _, longest_over = min(ended)
    alike[:] = [schedule for schedule in alike if schedule.id != longest_over]
    pages.take_out(longest_over)
    pages.terms.pop(longest_over, None)


def _expected_version(change: PutDocument | DeleteDocument, pages: _Pages) -> int:
    there = pages.documents.get((change.kind, change.id))
    found = 0 if there is None else there.version
    if change.expected is not None and change.expected != found:
        raise VersionConflict(kind=change.kind, id=change.id, expected=change.expected, found=found)
    return found


def _copied(body: JsonObject) -> JsonObject:
    """The body as it is now, whatever becomes of the caller's."""
    copy: JsonObject = json.loads(json_text(body))
    return copy
