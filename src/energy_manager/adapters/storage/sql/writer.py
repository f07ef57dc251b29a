"""The one thread that writes: commits as they come, and between them the housework of the history.

The idea: callers hand in orders and wait, with a limit of their own; the thread carries them out one after the other,
each in its own transaction, and tries again while the database is busy or away. An order that nobody waits for any
more is not begun. Between orders the thread saves what was recorded; that may fail, and is then tried again later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.adapters.storage.sql.databases import Database, Trouble, TroubleKind
from energy_manager.adapters.storage.sql.databases.database import reading, transaction
from energy_manager.adapters.storage.sql.history import HistoryHousework
from energy_manager.adapters.storage.sql.migrations import NewerStore, is_current, migrate
from energy_manager.adapters.storage.sql.order import Order, Withdrawn
from energy_manager.adapters.storage.sql.rescue import Rescued, put_back, rescue
from energy_manager.adapters.storage.sql.state_repository import make_changes
from energy_manager.application.ports.schedules.durability import Change, Done, StoreUnavailable
from energy_manager.domain.errors import EnergyManagerError

PAUSE_S = 0.05
"""Between two tries of an order."""

GRACE_S = 1.0
"""Whoever has no patience left waits this much longer while a commit is under way, to know how it ends."""

STALLED_S = 5.0
"""A database that has not come back for this long does not answer: a server that was stopped says nothing at all."""

LOOK_S = 0.25
"""How often the thread looks for housework."""

LONGEST_RESPITE_S = 5.0
"""A database that does not work is left alone for a while, twice as long after each try, up to this."""

Result = TypeVar("Result")


class Writer:
    """Owns the connection that writes."""

    def __init__(self, database: Database, housework: HistoryHousework) -> None:
        self._database = database
        self._housework = housework
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._was_tried = threading.Event()
        self._respite_s = 0.0
        self._not_before_s = 0.0
        self._unfit_in_a_row = 0
        self._is_in_trouble = False
        self.is_ready = False
        self.is_readable = False
        self._rescued: tuple[Rescued, ...] = ()
        self.trouble = "it was not opened"
        self.set_aside = ""
        self._busy_since_s: float | None = None

    @property
    def is_alive(self) -> bool:
        """Whether there is somebody to write: the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stalled_s(self) -> float:
        """For how long the database has not come back from one piece of work; 0 while it answers in time."""
        busy_since_s = self._busy_since_s
        busy_s = 0.0 if busy_since_s is None else time.monotonic() - busy_since_s
        return busy_s if busy_s > STALLED_S else 0.0

    def open(self, *, timeout_s: float) -> None:
        """Start the thread; wait until the database was tried for the first time, or the time is up."""
        if self._thread is None:
            self._thread = start_daemon(self._work, name="store")
        self._was_tried.wait(timeout_s)

    def look(self) -> bool:
        """Whether it can be read as it is, without a thread that writes."""
        self.is_readable = self._can_be_read()
        return self.is_readable

    def close(self, *, timeout_s: float) -> None:
        """Finish what is at hand, save what was recorded, and disconnect; or leave that when the time is up."""
        if self._thread is not None and not self._is_closing:
            self._is_closing = True
            self._orders.put(None)
            self._thread.join(timeout_s)

    def commit(self, changes: Sequence[Change], *, timeout_s: float) -> tuple[Done, ...]:
        """As the port ``ChangeStore`` says."""
        if self._thread is None or self._is_closing:
            raise StoreUnavailable("it is not open")
        order = Order(changes, time.monotonic() + timeout_s)
        self._orders.put(order)
        if not order.finished.wait(timeout_s):
            is_undone = order.withdraw()
            if is_undone or not order.finished.wait(GRACE_S):
                raise StoreUnavailable(order.trouble, is_undone=is_undone)
        if order.error is not None:
            raise order.error
        assert order.done is not None
        return order.done

    def _work(self) -> None:
        while not self._is_closing:
            order = self._next_order()
            try:
                self._housework.gather()
                if order is not None:
                    self._carry_out(order)
                self._keep_house()
            except Exception as error:  # noqa: BLE001 - the thread outlives whatever one round brings
                logger.error("the store's writer met a fault of its own: {}", describe_failure(error))
                time.sleep(PAUSE_S)
        self._keep_house(is_last=True)
        self._database.disconnect()

    def _next_order(self) -> Order | None:
        has_leisure = self._was_tried.is_set() and not self._has_work()
        try:
            return self._orders.get(timeout=LOOK_S if has_leisure else 0.001)
        except Empty:
            return None

    def _has_work(self) -> bool:
        return time.monotonic() >= self._not_before_s and (not self.is_ready or self._housework.is_due())

    def _carry_out(self, order: Order) -> None:
        try:
            while True:
                order.go_on(is_committing=False)
                self._attempt(order)
                if order.done is not None or order.error is not None:
                    order.finished.set()
                    return
                time.sleep(PAUSE_S)
                self._housework.gather()
        except Withdrawn:
            return

    def _attempt(self, order: Order) -> None:
        """One try; leaves a result or an error unless another try may help."""
        try:
            order.done = self._try(lambda: self._make(order))
        except Withdrawn:
            raise
        except Trouble as trouble:
            order.trouble = trouble.reason
            order.unfit_tries += trouble.kind is TroubleKind.UNFIT
            is_late = time.monotonic() >= order.deadline_s or self._is_closing
            if is_late or not trouble.is_undone or order.unfit_tries > 1:
                order.error = StoreUnavailable(trouble.reason, is_undone=trouble.is_undone)
        except EnergyManagerError as error:
            order.error = error
        except Exception as error:  # noqa: BLE001 - one order must not end the thread
            order.error = StoreUnavailable(describe_failure(error), is_undone=False)

    def _make(self, order: Order) -> tuple[Done, ...]:
        with transaction(self._database, durable=True) as connection:
            done = make_changes(connection, order.changes)
            order.go_on(is_committing=True)
            return done

    def _keep_house(self, *, is_last: bool = False) -> None:
        if not self._has_work() and not is_last:
            return
        try:
            self._try(lambda: self._housework.do(self._database))
        except Trouble as trouble:
            self._unfit_in_a_row = self._unfit_in_a_row + 1 if trouble.kind is TroubleKind.UNFIT else 0
            if self._unfit_in_a_row > 1:
                self._unfit_in_a_row = 0
                self._housework.give_up(trouble)
        except Exception as error:  # noqa: BLE001 - one piece of work must not end the thread
            logger.error("the store's housework failed: {}", describe_failure(error))
            self._not_before_s = time.monotonic() + LOOK_S
            self._housework.give_up(Trouble(TroubleKind.UNFIT, describe_failure(error)))
        else:
            self._unfit_in_a_row = 0

    def _try(self, work: Callable[[], Result]) -> Result:
        """Do it on a database that is ready; whatever stands in the way is noted and dealt with."""
        self._busy_since_s = time.monotonic()
        try:
            self._get_ready()
            result = work()
        except Trouble as trouble:
            self._deal_with(trouble)
            raise
        except EnergyManagerError:
            self._note_success()
            raise
        finally:
            self._busy_since_s = None
        self._note_success()
        return result

    def _note_success(self) -> None:
        if self._is_in_trouble:
            logger.info("the store works again: {}", self._database.name)
        self._is_in_trouble, self.trouble, self._respite_s = False, "", 0.0
        self._was_tried.set()  # when all is said: whoever has waited for it reads that at once

    def _get_ready(self) -> None:
        if self.is_ready and self._database.is_same():
            return
        self.is_ready = False
        self._database.disconnect()
        self._database.prepare()
        try:
            with transaction(self._database, durable=True) as connection:
                self._database.lock_for_migration(connection)
                migrate(connection)
                self._database.check(connection)
                put_back(connection, self._rescued)
        except NewerStore as error:
            raise Trouble(TroubleKind.AWAY, f"{self._database.name}: {error}") from None
        self._rescued = ()
        self.is_ready = self.is_readable = True

    def _deal_with(self, trouble: Trouble) -> None:
        if not self._is_in_trouble:
            logger.warning("store unavailable, dispatch continues without persistence: {}", trouble.reason)
        self._is_in_trouble, self.trouble = True, trouble.reason
        self._respite_s = min(LONGEST_RESPITE_S, max(LOOK_S, 2 * self._respite_s))
        self._not_before_s = time.monotonic() + self._respite_s
        if trouble.kind is not TroubleKind.BUSY:
            self.is_ready = False
            self._database.disconnect()
        self.is_readable = trouble.kind is not TroubleKind.BROKEN and (self.is_readable or self._can_be_read())
        if trouble.kind is TroubleKind.BROKEN and self._move_out_of_the_way(trouble):
            self._not_before_s = 0.0
        else:
            self._was_tried.set()

    def _can_be_read(self) -> bool:
        """A store that may not be written, as on a medium that is read-only, is still a record to be followed."""
        try:
            with reading(self._database) as connection:
                return is_current(connection)
        except Trouble as trouble:
            self.trouble = self.trouble or trouble.reason
            return False

    def _move_out_of_the_way(self, trouble: Trouble) -> bool:
        try:
            self._rescued = rescue(self._database) or self._rescued
            moved_to = self._database.set_aside()
        except OSError as error:
            logger.error("the broken store cannot be moved: {}", describe_failure(error))
            return False
        if moved_to:
            self.set_aside = moved_to
            logger.error("the store was broken ({}) and is now {}; a new one is begun", trouble.reason, moved_to)
        return bool(moved_to)
