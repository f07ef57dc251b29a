"""The book in memory: for tests, and for a demo that leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from energy_manager.application.ports.fleet.fleet_book import EnrolledSite, Fenced, LeaseState
from energy_manager.application.ports.fleet.fleet_bus import Report, Reports
from energy_manager.domain.fleet import Delivered, Direction, FleetActivation, OrderRecord, RegisteredOffer


class InMemoryFleetBook:
    """``now_s`` is its own clock, seconds since 1970: the lease runs out by it."""

    def __init__(self, *, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._turn = threading.Lock()
        self._lease, self._expires_s = LeaseState(epoch=0, holder=""), 0.0
        self._activations: dict[str, FleetActivation] = {}
        self._records: dict[str, OrderRecord] = {}
        self._reports: dict[tuple[str, str, str, int], Report] = {}
        self._delivered: dict[tuple[str, str, int], Delivered] = {}
        self._offers: dict[tuple[str, Direction], RegisteredOffer] = {}
        self._connections: dict[str, int] = {}
        self._sites: dict[str, EnrolledSite] = {}

    def close(self) -> None:
        """Nothing to do."""

    def take_lease(self, holder: str, *, lives_s: float) -> int | None:
        with self._turn:
            now_s = self._now_s()
            if self._lease.holder and self._expires_s > now_s:
                return None
            epoch = max(self._lease.epoch + 1, int(now_s))
            self._lease, self._expires_s = LeaseState(epoch=epoch, holder=holder), now_s + lives_s
            return epoch

    def renew_lease(self, holder: str, epoch: int, *, lives_s: float) -> bool:
        with self._turn:
            now_s = self._now_s()
            if self._lease != LeaseState(epoch=epoch, holder=holder) or self._expires_s <= now_s:
                return False
            self._expires_s = now_s + lives_s
            return True

    def give_back_lease(self, holder: str, epoch: int) -> None:
        with self._turn:
            if self._lease == LeaseState(epoch=epoch, holder=holder):
                self._lease = replace(self._lease, holder="")

    def lease(self) -> LeaseState:
        with self._turn:
            return self._lease if self._expires_s > self._now_s() else replace(self._lease, holder="")

    def keep(
        self, epoch: int, *, activations: Sequence[FleetActivation] = (), records: Sequence[OrderRecord] = ()
    ) -> None:
        with self._turn:
            if self._lease.epoch != epoch:
                raise Fenced(epoch=epoch, found=self._lease.epoch)
            self._activations |= {activation.id: activation for activation in activations}
            self._records |= {record.id: _durable(record) for record in records}

    def activations(self, *, unfinished_at: datetime | None = None) -> tuple[FleetActivation, ...]:
        with self._turn:
            found = sorted(self._activations.values(), key=lambda activation: (activation.placed_at, activation.id))
            live = {record.activation for record in self._records.values() if record.is_live}
        return tuple(
            activation
            for activation in found
            if unfinished_at is None or not activation.is_over(unfinished_at) or activation.id in live
        )

    def records(self, activation: str) -> tuple[OrderRecord, ...]:
        with self._turn:
            return tuple(record for record in self._records.values() if record.activation == activation)

    def keep_reports(self, reports: Sequence[Reports], delivered: Sequence[Delivered]) -> None:
        with self._turn:
            for of_site in reports:
                for report in of_site.reports:
                    key = (of_site.site, of_site.store, of_site.stream, report.sequence)
                    self._reports.setdefault(key, report)
            for entry in delivered:
                self._delivered.setdefault((entry.site, entry.order, entry.quarter), entry)

    def reports(self, site: str, stream: str, *, limit: int = 100) -> tuple[Report, ...]:
        with self._turn:
            found = [report for key, report in self._reports.items() if (key[0], key[2]) == (site, stream)]
        return tuple(sorted(found, key=lambda report: (report.at, report.sequence), reverse=True)[:limit])

    def delivered(self, activation: str) -> tuple[Delivered, ...]:
        with self._turn:
            found = [entry for entry in self._delivered.values() if self._is_of(entry, activation)]
        return tuple(sorted(found, key=lambda entry: (entry.quarter, entry.order)))

    def _is_of(self, entry: Delivered, activation: str) -> bool:
        record = self._records.get(entry.order)
        return record is not None and record.activation == activation

    def put_offers(self, offers: Sequence[RegisteredOffer]) -> None:
        with self._turn:
            self._offers |= {(offer.site, offer.direction): offer for offer in offers}

    def offers(self) -> tuple[RegisteredOffer, ...]:
        with self._turn:
            return tuple(self._offers[key] for key in sorted(self._offers))

    def put_connection(self, site: str, kw: int) -> None:
        with self._turn:
            self._connections[site] = kw

    def connections(self) -> Mapping[str, int]:
        with self._turn:
            return dict(self._connections)

    def enrol(self, site: EnrolledSite) -> None:
        with self._turn:
            self._sites[site.site] = site

    def revoke(self, site: str, *, at: datetime) -> bool:
        with self._turn:
            found = self._sites.get(site)
            if found is None or found.revoked_at is not None:
                return False
            self._sites[site] = replace(found, revoked_at=at)
            return True

    def sites(self) -> tuple[EnrolledSite, ...]:
        with self._turn:
            return tuple(self._sites[site] for site in sorted(self._sites))


def _durable(record: OrderRecord) -> OrderRecord:
    """What is kept of an order: not what was heard of it moment by moment."""
    return replace(record, due_at=None, measured_at=None, shown_at=None)
