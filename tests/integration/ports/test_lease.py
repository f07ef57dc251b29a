"""The lease on every kind of store: of many that want it at once, one has it, and epochs only grow."""

from __future__ import annotations

import threading
import time

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.application.mastership import AnotherMaster, Mastership, leases_of
from energy_manager.application.ports.processes import ProcessIdentity


class Living:
    """Every process lives."""

    def __init__(self, name):
        self._this = ProcessIdentity(
            id=name, host="h", machine="m", boot="b", namespace="n", pid=int(name), started="1"
        )

    def this(self):
        return self._this

    def is_alive(self, process):
        return process.id not in DEAD


DEAD: set[str] = set()


def mastership(store, name):
    return Mastership(
        site="factory",
        documents=store.repository,
        processes=Living(name),
        journal=InMemoryJournal(),
        elapsed_s=time.monotonic,
        sleep_s=time.sleep,
    )


def test_of_many_that_start_at_once_one_commands(store):
    won, lost = [], []

    def start(name):
        one = mastership(store, name)
        try:
            one.take(takeover=False)
        except AnotherMaster:
            lost.append(one)
        else:
            won.append(one)

    threads = [threading.Thread(target=start, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    won[0].look()
    assert won[0].may_command()
    assert not any(one.may_command() for one in lost)


def test_epochs_grow_over_deaths_and_farewells(store):
    DEAD.clear()
    first = mastership(store, "1")
    first.take(takeover=False)
    first.look()
    DEAD.add("1")
    second = mastership(store, "2")
    second.take(takeover=False)
    first.look()
    assert first.lost
    second.give_back(timeout_s=5)
    third = mastership(store, "3")
    third.take(takeover=False)
    assert [one.epoch for one in (first, second, third)] == [1, 0, 3]
    (lease,) = leases_of(store.repository)
    assert lease.epoch == 3
