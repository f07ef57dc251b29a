"""The book in SQLite or PostgreSQL: each call is one durable transaction, tried again while the database is busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Dialect, Table, exists, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from energy_manager.adapters.fleet.book import rows, tables
from energy_manager.adapters.storage.sql.databases import Trouble, TroubleKind, database_at
from energy_manager.adapters.storage.sql.databases.database import reading, transaction
from energy_manager.application.ports.fleet.fleet_book import EnrolledSite, Fenced, LeaseState
from energy_manager.application.ports.fleet.fleet_bus import Report, Reports
from energy_manager.application.ports.schedules.durability import PATIENCE_S, StoreUnavailable
from energy_manager.domain.fleet import LIVE, Delivered, FleetActivation, OrderRecord, RegisteredOffer
from energy_manager.domain.series import microseconds

PAUSE_S = 0.05
"""Between two tries."""

THE_LEASE = 1

Result = TypeVar("Result")


class SqlFleetBook:
    """Behind ``sqlite:///<file>`` or ``postgresql://…``, beside the tables of the product's store.

    Raises:
        Refused: the URL is not acceptable.
    """

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        self._database = database_at(url)
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._is_ready = False

    def close(self) -> None:
        """Disconnect."""
        with self._turn:
            self._is_ready = False
            self._database.disconnect()

    def take_lease(self, holder: str, *, lives_s: float) -> int | None:
        def take(connection: Connection) -> int | None:
            empty = {"id": THE_LEASE, "epoch": 0, "holder": "", "expires_us": 0}
            _insert_new(connection, tables.lease, [empty])
            found, now_us = _locked_lease(connection), _now_us(connection)
            if found.holder and found.expires_us > now_us:
                return None
            # Counted from the clock too: a book that was lost and begun anew must not fall behind what sites have seen.
            epoch: int = max(found.epoch + 1, now_us // 1_000_000)
            values = {"epoch": epoch, "holder": holder, "expires_us": now_us + _in_us(lives_s)}
            connection.execute(update(tables.lease).values(**values))
            return epoch

        return self._write(take)

    def renew_lease(self, holder: str, epoch: int, *, lives_s: float) -> bool:
        def renew(connection: Connection) -> bool:
            found, now_us = _locked_lease(connection), _now_us(connection)
            if found is None or (found.holder, found.epoch) != (holder, epoch) or found.expires_us <= now_us:
                return False
            connection.execute(update(tables.lease).values(expires_us=now_us + _in_us(lives_s)))
            return True

        return self._write(renew)

    def give_back_lease(self, holder: str, epoch: int) -> None:
        is_mine = (tables.lease.c.holder == holder) & (tables.lease.c.epoch == epoch)
        self._write(lambda connection: connection.execute(update(tables.lease).where(is_mine).values(holder="")))

    def lease(self) -> LeaseState:
        def look(connection: Connection) -> LeaseState:
            found = connection.execute(select(tables.lease)).one_or_none()
            if found is None:
                return LeaseState(epoch=0, holder="")
            is_held = found.expires_us > _now_us(connection)
            return LeaseState(epoch=found.epoch, holder=found.holder if is_held else "")

        return self._read(look)

    def keep(
        self, epoch: int, *, activations: Sequence[FleetActivation] = (), records: Sequence[OrderRecord] = ()
    ) -> None:
        def put(connection: Connection) -> None:
            found = _locked_lease(connection)
            if found is None or found.epoch != epoch:
                raise Fenced(epoch=epoch, found=0 if found is None else found.epoch)
            _put(connection, tables.activations, [rows.row_of_activation(activation) for activation in activations])
            _put(connection, tables.orders, [rows.row_of_record(record) for record in records])

        self._write(put)

    def activations(self, *, unfinished_at: datetime | None = None) -> tuple[FleetActivation, ...]:
        wanted = select(tables.activations).order_by(tables.activations.c.placed_us, tables.activations.c.id)
        if unfinished_at is not None:
            of, orders = tables.activations.c, tables.orders.c
            is_going_on = of.ended_us.is_(None) & (of.until_us > microseconds(unfinished_at))
            has_live_orders = exists().where(
                orders.activation == of.id, orders.state.in_([str(state) for state in LIVE])
            )
            wanted = wanted.where(is_going_on | has_live_orders)
        return self._read(lambda connection: tuple(map(rows.activation_of, connection.execute(wanted))))

    def records(self, activation: str) -> tuple[OrderRecord, ...]:
        wanted = select(tables.orders).where(tables.orders.c.activation == activation).order_by(tables.orders.c.number)
        return self._read(lambda connection: tuple(map(rows.record_of, connection.execute(wanted))))

    def keep_reports(self, reports: Sequence[Reports], delivered: Sequence[Delivered]) -> None:
        def put(connection: Connection) -> None:
            _insert_new(
                connection, tables.reports, [row for of_site in reports for row in rows.rows_of_reports(of_site)]
            )
            _insert_new(connection, tables.delivered, [rows.row_of_delivered(entry) for entry in delivered])

        self._write(put)

    def reports(self, site: str, stream: str, *, limit: int = 100) -> tuple[Report, ...]:
        of = tables.reports.c
        wanted = (
            select(tables.reports)
            .where(of.site == site, of.stream == stream)
            .order_by(of.at_us.desc(), of.sequence.desc())
            .limit(limit)
        )
        return self._read(lambda connection: tuple(map(rows.report_of, connection.execute(wanted))))

    def delivered(self, activation: str) -> tuple[Delivered, ...]:
        of_activation = select(tables.orders.c.id).where(tables.orders.c.activation == activation)
        wanted = select(tables.delivered).where(tables.delivered.c.order_id.in_(of_activation))
        wanted = wanted.order_by(tables.delivered.c.quarter, tables.delivered.c.order_id)
        return self._read(lambda connection: tuple(map(rows.delivered_of, connection.execute(wanted))))

    def put_offers(self, offers: Sequence[RegisteredOffer]) -> None:
        self._write(lambda connection: _put(connection, tables.offers, [rows.row_of_offer(offer) for offer in offers]))

    def offers(self) -> tuple[RegisteredOffer, ...]:
        wanted = select(tables.offers).order_by(tables.offers.c.site, tables.offers.c.direction)
        return self._read(lambda connection: tuple(map(rows.offer_of, connection.execute(wanted))))

    def put_connection(self, site: str, kw: int) -> None:
        row = {"site": site, "connection_kw": kw}
        self._write(lambda connection: _put(connection, tables.connections, [row]))

    def connections(self) -> Mapping[str, int]:
        of = tables.connections.c
        wanted = select(of.site, of.connection_kw)
        return self._read(lambda connection: {row.site: row.connection_kw for row in connection.execute(wanted)})

    def enrol(self, site: EnrolledSite) -> None:
        self._write(lambda connection: _put(connection, tables.sites, [rows.row_of_site(site)]))

    def revoke(self, site: str, *, at: datetime) -> bool:
        may_connect = (tables.sites.c.site == site) & tables.sites.c.revoked_us.is_(None)
        revoking = update(tables.sites).where(may_connect).values(revoked_us=microseconds(at))
        return self._write(lambda connection: connection.execute(revoking).rowcount > 0)

    def sites(self) -> tuple[EnrolledSite, ...]:
        wanted = select(tables.sites).order_by(tables.sites.c.site)
        return self._read(lambda connection: tuple(map(rows.site_of, connection.execute(wanted))))

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        def write() -> Result:
            with transaction(self._database, durable=True) as connection:
                return work(connection)

        return self._patiently(write)

    def _read(self, look: Callable[[Connection], Result]) -> Result:
        def read() -> Result:
            with reading(self._database) as connection:
                return look(connection)

        return self._patiently(read)

    def _patiently(self, do: Callable[[], Result]) -> Result:
        until_s = time.monotonic() + self._patience_s
        while True:
            try:
                self._get_ready()
                return do()
            except Trouble as trouble:
                if trouble.kind is not TroubleKind.BUSY:
                    self.close()
                is_over = time.monotonic() >= until_s or trouble.kind is TroubleKind.UNFIT
                if is_over or not trouble.is_undone:
                    raise StoreUnavailable(trouble.reason, is_undone=trouble.is_undone) from None
            time.sleep(PAUSE_S)

    def _get_ready(self) -> None:
        with self._turn:
            if self._is_ready and self._database.is_same():
                return
            self._database.disconnect()
            self._database.prepare()
            with transaction(self._database, durable=True) as connection:
                self._database.lock_for_migration(connection)
                tables.metadata.create_all(connection)
                found = connection.execute(select(func.max(tables.revision.c.number))).scalar()
                if found is None:
                    connection.execute(insert(tables.revision), {"number": tables.REVISION})
                elif found > tables.REVISION:
                    sentence = f"its fleet tables have revision {found}, this version of the product knows "
                    raise Trouble(TroubleKind.UNFIT, f"{sentence}{tables.REVISION}")
            self._is_ready = True


def _in_us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _now_us(connection: Connection) -> int:
    """The database's own clock: that of the server where there is one."""
    if connection.dialect.name == "postgresql":
        now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        return int(connection.execute(text(now)).scalar_one())
    return time.time_ns() // 1_000


def _locked_lease(connection: Connection) -> Any:  # noqa: ANN401 - a row or None
    """The row of the lease, which nobody else changes until the transaction is over."""
    return connection.execute(select(tables.lease).with_for_update()).one_or_none()


def _insert(dialect: Dialect, table: Table) -> Any:  # noqa: ANN401 - the two have no common type
    return (postgresql if dialect.name == "postgresql" else sqlite).insert(table)


def _insert_new(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that are not there yet."""
    if values:
        connection.execute(_insert(connection.dialect, table).on_conflict_do_nothing(), values)


def _put(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, or put them in place of those of the same key.

    The driver is handed the rows as they are: thousands of orders are written while sites wait for them, and looking at
    each value of theirs takes SQLAlchemy as long as SQLite takes to keep it.
    """
    if not values:
        return
    putting = _putting(table, connection.dialect)
    if putting.order is None:
        connection.exec_driver_sql(putting.text, list(values))
    else:
        connection.exec_driver_sql(putting.text, list(map(itemgetter(*putting.order), values)))


class _Putting(NamedTuple):
    """A statement for the driver; ``order``: of the values by name, None: it takes them by name."""

    text: str
    order: Sequence[str] | None


@cache
def _putting(table: Table, dialect: Dialect) -> _Putting:
    inserting = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: inserting.excluded[column.name] for column in table.columns if column.name not in keys}
    compiled = inserting.on_conflict_do_update(index_elements=keys, set_=changed).compile(
        dialect=dialect, column_keys=[column.name for column in table.columns]
    )
    return _Putting(text=str(compiled), order=compiled.positiontup)
