"""Recorded ticks for the commands that look back: from the store, or from a recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path

from energy_manager.adapters.records.recordings import read_recording, write_recording
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.application.explanation import NothingRecorded, moment
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.command_line.time_arguments import read_moment
from energy_manager.entrypoints.container.store.store import opened_store

__all__ = ["read_span", "recorded_ticks", "write_recording"]


def read_span(since: str, until: str | None) -> tuple[datetime, datetime]:
    """The stretch of time between two instants as typed; ``until`` is now unless told.

    Raises:
        Refused: one is no time, or they are not in order.
    """
    now = wall_clock()
    start = read_moment(since, field="--from", now=now, without_zone="local")
    end = read_moment(until or "now", field="--to", now=now, without_zone="local")
    if end <= start:
        raise Refused.at("--to", f"{moment(end)} is not after {moment(start)}")
    return start, end


@contextmanager
def recorded_ticks(file: Path | None, *, since: str | None, until: str | None) -> Iterator[Iterator[Tick]]:
    """The ticks of a recording, or those of the store in a stretch of time; at least one.

    Raises:
        Refused: it is not clear which are meant, or they cannot be read.
        NothingRecorded: there are none.
        StoreUnavailable: the store cannot be read now.
    """
    if file is not None:
        if since is not None or until is not None:
            field = "--from" if since is not None else "--to"
            raise Refused.at(field, "a recording is taken as a whole; leave out FILE, or the times")
        yield _at_least_one(read_recording(file), f"there is no tick in {file}")
        return
    if since is None:
        raise Refused.at("--from", "is missing: since when? Or name a recording")
    start, end = read_span(since, until)
    with opened_store(for_questions=True) as store:
        ticks = store.history.ticks(start, end)
        yield _at_least_one(ticks, f"nothing was recorded from {moment(start)} to {moment(end)}")


def _at_least_one(ticks: Iterator[Tick], otherwise: str) -> Iterator[Tick]:
    first = next(ticks, None)
    if first is None:
        raise NothingRecorded(otherwise)
    return chain([first], ticks)
