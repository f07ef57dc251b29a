"""What ``check`` finds in the store of ``run``; it only looks."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.adapters.clocks import MachineClock
from energy_manager.adapters.storage import IN_MEMORY, StateRepository
from energy_manager.application.clock import trust_of_store
from energy_manager.entrypoints.container.store import store_of
from energy_manager.entrypoints.settings import StoreSettings


def describe_stored(settings: StoreSettings) -> Iterator[str]:
    """A line for everything in the store that ``run`` would doubt or pass over.

    Raises:
        StoreUnavailable: it can be opened but not read.
    """
    if settings.url == IN_MEMORY:
        return
    store = store_of(settings)
    if store.look():
        yield from _describe_clock(store.repository)


def _describe_clock(books: StateRepository) -> Iterator[str]:
    trust = trust_of_store(books, MachineClock()())
    if not trust.is_trusted:
        yield f"the clock is doubtful: {trust.why}; nothing is deleted by it"
