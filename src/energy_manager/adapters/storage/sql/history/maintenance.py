"""What the writer does between orders: save what was recorded, sum up hours, let go of what is old."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from loguru import logger
from sqlalchemy import Connection

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.storage.sql.databases import Database, Trouble
from energy_manager.adapters.storage.sql.databases.database import transaction
from energy_manager.adapters.storage.sql.history.buffer import MINUTE_US, Batch, Filing, Inbox
from energy_manager.adapters.storage.sql.history.chunks import save
from energy_manager.adapters.storage.sql.history.codecs.codec import AssetSet
from energy_manager.adapters.storage.sql.history.retention import Pruned, prune
from energy_manager.adapters.storage.sql.history.rollup import HOUR_US, latest_hour, next_hour, sum_up
from energy_manager.application.ports.records.history import Retention
from energy_manager.domain.series import microseconds

SAVE_S = 1.0
"""Between two savings of what was recorded, if the database keeps up."""

ROWS_AT_ONCE = 50
"""Pages in one transaction."""

TIDY_S = 30.0
"""How often hours are looked for that can be summed up, and records that are too old."""

STRAGGLERS_US = MINUTE_US
"""An hour is summed up this long after it was over, when what belongs to it has arrived."""


class HistoryHousework:
    """The history's part of the writer's work.

    ``lived_until`` says up to when time has passed for certain, whatever the wall clock shows; hours are summed up and
    records let go of by that alone, and not at all while it is None: whoever only looks into the store hands in none.
    """

    def __init__(
        self, inbox: Inbox, retention: Retention, *, lived_until: Callable[[], datetime | None] | None
    ) -> None:
        self._inbox = inbox
        self._lived_until = lived_until
        self._filing = Filing()
        self._retention = retention
        self._asset_sets: dict[str, AssetSet] = {}
        self._at_hand = Batch()
        self._late_hours: set[int] = set()
        self._summed_up_us = 0
        self._pruned = Pruned()
        self._save_at_s = 0.0
        self._tidy_at_s = 0.0
        self.stored = 0
        self.last_stored_at: datetime | None = None

    @property
    def waiting(self) -> int:
        """Records that are in no table yet."""
        return len(self._inbox) + self._filing.waiting

    @property
    def dropped(self) -> int:
        """Records that were given up."""
        return self._inbox.dropped + self._filing.dropped

    def gather(self) -> None:
        """Take in what waits in the queue; needs no database."""
        while (record := self._inbox.take()) is not None:
            try:
                self._filing.add(record)
            except Exception as error:  # noqa: BLE001 - whatever a record holds, the next one is kept
                self._filing.dropped += 1
                logger.error("a record could not be kept ({}): {}", type(record).__name__, describe_failure(error))

    def is_due(self) -> bool:
        """Whether there is something to do with the database."""
        now_s = time.monotonic()
        is_time_to_tidy = self._lived_until is not None and now_s >= self._tidy_at_s
        return is_time_to_tidy or (now_s >= self._save_at_s and self._filing.waiting > 0)

    def do(self, database: Database) -> None:
        """Do the next piece, in about a tenth of a second: save, or sum up an hour, or let go of what is old.

        Raises:
            Trouble: nothing is lost, it can be tried again.
        """
        self._at_hand = self._filing.batch(most_rows=ROWS_AT_ONCE)
        if self._at_hand:
            self._save(database)
        if self._filing.waiting == 0:
            self._save_at_s = time.monotonic() + SAVE_S
            if time.monotonic() >= self._tidy_at_s:
                until = None if self._lived_until is None else self._lived_until()
                if until is None:
                    self._tidy_at_s = time.monotonic() + SAVE_S
                else:
                    self._tidy(database, microseconds(until))

    def _save(self, database: Database) -> None:
        batch = self._at_hand
        with transaction(database, durable=False) as connection:
            save(connection, batch, run_us=self._filing.run_us)
        self._filing.saved(batch)
        self.stored += sum(row.news for row in batch.rows) + len(batch.changes)
        self.last_stored_at = datetime.now(UTC)
        now_us = microseconds(self.last_stored_at)
        touched = {row.start_us // HOUR_US * HOUR_US for row in batch.rows}
        self._late_hours |= {hour_us for hour_us in touched if hour_us <= self._summed_up_us}
        if min(touched, default=now_us) + HOUR_US + STRAGGLERS_US <= now_us:
            self._tidy_at_s = 0.0

    def _tidy(self, database: Database, until_us: int) -> None:
        """One piece; the next is due at once until nothing is left to do."""
        self._at_hand = Batch()
        with transaction(database, durable=False) as connection:
            is_summed_up = self._sum_up(connection, until_us)
            pruned = Pruned()
            if not is_summed_up:
                pruned = prune(connection, self._retention, now_us=until_us, known=self._asset_sets)
            if pruned:
                database.give_back(connection)
        self._pruned += pruned
        if not is_summed_up and not pruned:
            self._tidy_at_s = time.monotonic() + TIDY_S
            if self._pruned:
                logger.info("the store let go of what is older than is to be kept: {}", self._pruned.sentence())
            self._pruned = Pruned()

    def _sum_up(self, connection: Connection, until_us: int) -> bool:
        """Sum up an hour; False if there is none to."""
        over_us = until_us - STRAGGLERS_US
        hour_us = min(self._late_hours) if self._late_hours else next_hour(connection, until_us=over_us)
        if hour_us is not None:
            sum_up(connection, hour_us, self._asset_sets)
            self._late_hours.discard(hour_us)
        self._summed_up_us = latest_hour(connection, until_us=over_us)
        return hour_us is not None

    def give_up(self, trouble: Trouble) -> None:
        """Leave out the piece that failed twice because of what it is."""
        if self._at_hand:
            lost = self._filing.forget(self._at_hand)
            logger.error("{} records were given up, the store does not take them: {}", lost, trouble.reason)
        else:
            self._tidy_at_s = time.monotonic() + TIDY_S
            logger.error("the store could not be pruned: {}", trouble.reason)
