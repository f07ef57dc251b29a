"""What a site reports: its logbook and its quarter hours, from its own store, until the centre has them.

No second queue: the store is the queue, and a document says how far the centre has acknowledged (the bookmark).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from energy_manager.application.fleet.at_site.site_orders import LINK_KIND, SiteOrders
from energy_manager.application.ports.fleet.fleet_bus import EVENTS, QUARTERS, Acknowledged, Report, Reports
from energy_manager.application.ports.records.history import History, StatusRecord
from energy_manager.application.ports.records.logbook import Logbook, LogRecord
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.fleet import MeasuredPower, energy, quarter_number, quarter_start
from energy_manager.domain.quantities import AssetId

AT_ONCE = 100
"""Lines in a message."""

AGAIN_S = 10.0
"""What is not acknowledged by then is sent again."""

SETTLED = timedelta(seconds=30)
"""A quarter hour is reported this long after its end: the newest records are in the store by then."""

HOLDS = timedelta(seconds=25)
"""A measured value stands for the time after it, up to the age at which it is not believed any more."""

BOOKMARK_ID = "bookmark"


@dataclass(slots=True, kw_only=True)
class SiteReports:
    """All calls from one thread.

    Args:
        site: the site's name in the fleet.
        documents, logbook, history: of the site's store.
        assets: those whose energy is reported.
        orders: the orders that it is reported of.
        kw_per_step: a power step in kW.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds.
        spread: how long after the end of a quarter hour this site reports it: each site its own.
    """

    site: str
    documents: DocumentRepository
    logbook: Logbook
    history: History
    assets: tuple[AssetId, ...]
    orders: SiteOrders
    kw_per_step: float
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    spread: timedelta
    _store: str = field(default="", init=False)
    _through: dict[str, int] = field(default_factory=dict, init=False)
    _sent: dict[str, tuple[int, float]] = field(default_factory=dict, init=False)

    def due(self) -> tuple[Reports, ...]:
        """What is to be sent now: of each stream the next lines, and again those that nobody has acknowledged.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        self._load()
        found = [self._of(stream) for stream in (EVENTS, QUARTERS)]
        return tuple(reports for reports in found if reports is not None)

    def acknowledged(self, ack: Acknowledged) -> None:
        """The centre has them: the bookmark moves on, and the next ones are due.

        Raises:
            StoreUnavailable: the bookmark cannot be kept; the lines are sent again.
        """
        self._load()
        sent = self._sent.get(ack.stream)
        if ack.store != self._store or sent is None or not self._through[ack.stream] < ack.through <= sent[0]:
            return
        through = self._through | {ack.stream: ack.through}
        self._keep(through)
        self._through = through
        if ack.through == sent[0]:
            del self._sent[ack.stream]

    def link_changed(self) -> None:
        """What was on its way may be lost: it is due again."""
        self._sent.clear()

    def _of(self, stream: str) -> Reports | None:
        sent = self._sent.get(stream)
        if sent is not None and self.elapsed_s() - sent[1] < AGAIN_S:
            return None
        reports = self._events() if stream == EVENTS else self._quarters()
        if not reports:
            return None
        self._sent[stream] = (reports[-1].sequence, self.elapsed_s())
        return Reports(site=self.site, store=self._store, stream=stream, reports=reports)

    def _events(self) -> tuple[Report, ...]:
        through = self._through[EVENTS]
        newest_first = self.logbook.log_page(before=through + 1 + AT_ONCE, limit=AT_ONCE)
        return tuple(_event(record) for record in reversed(newest_first) if record.number > through)

    def _quarters(self) -> tuple[Report, ...]:
        first = self._through[QUARTERS] + 1
        over = quarter_number(self.now() - SETTLED - self.spread)
        return tuple(self._quarter(number) for number in range(first, min(over, first + AT_ONCE)))

    def _quarter(self, number: int) -> Report:
        start, until = quarter_start(number), quarter_start(number + 1)
        measured = [self._power(record) for record in self.history.statuses(start - HOLDS, until)]
        whole = energy(measured, start, until, holds=HOLDS)
        orders = {}
        for kept in self.orders.held_in(start, until):
            begins, ends = max(kept.since, start), min(kept.until, until)
            part = energy(measured, begins, ends, holds=HOLDS)
            orders[kept.order.id] = {
                "energy_kwh": round(part.kwh * kept.order.direction.sign, 6),
                "covered_s": part.covered_s,
            }
        body = {"energy_kwh": round(whole.kwh, 6), "covered_s": whole.covered_s, "orders": orders}
        return Report(sequence=number, at=start, body=body)

    def _power(self, record: StatusRecord) -> MeasuredPower:
        outputs = [record.statuses[name].output if name in record.statuses else None for name in self.assets]
        known = [output for output in outputs if output is not None]
        deliver_kw = sum(known) * self.kw_per_step if known and len(known) == len(outputs) else None
        return MeasuredPower(at=record.at, deliver_kw=deliver_kw)

    def _load(self) -> None:
        """Where the bookmark is; a site that is new to the fleet reports from now on."""
        if self._store:
            return
        kept = self.documents.document(LINK_KIND, BOOKMARK_ID)
        if kept is not None:
            self._through = {EVENTS: kept.body[EVENTS], QUARTERS: kept.body[QUARTERS]}
            self._store = kept.body["store"]
            return
        newest = self.logbook.log_page(limit=1)
        through = {
            EVENTS: newest[0].number if newest else 0,
            QUARTERS: quarter_number(self.now()) - 1,
        }
        store = uuid4().hex
        self.documents.put_document(LINK_KIND, BOOKMARK_ID, {"store": store, **through})
        self._store, self._through = store, through

    def _keep(self, through: dict[str, int]) -> None:
        self.documents.put_document(LINK_KIND, BOOKMARK_ID, {"store": self._store, **through})


def _event(record: LogRecord) -> Report:
    entry = record.entry
    body = {
        "kind": str(entry.kind),
        "who": entry.actor.who,
        "role": entry.actor.role,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "outcome": entry.outcome,
    }
    return Report(sequence=record.number, at=entry.at, body=body)
