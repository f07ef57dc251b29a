"""Threads follow the number of blocked calls; healthy work is never held up by hung work."""

import threading

from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.lanes.elastic_pool import HOT_THREADS
from energy_manager.adapters.runtime.threads import start_daemon
from tests.support.waiting import eventually


def test_all_tasks_are_run_by_a_few_threads_while_nobody_blocks():
    pool, done = ElasticPool(max_threads=500), []
    pool.submit([lambda: done.append(1)] * 2000)
    assert eventually(lambda: len(done) == 2000)
    # A busy machine makes who works look blocked for a while.
    assert pool.threads <= 2000 / 8


def test_healthy_tasks_get_through_though_hundreds_hang():
    pool, done, release = ElasticPool(max_threads=1000), [], threading.Event()
    tasks = []
    for _ in range(300):
        tasks += [release.wait, lambda: done.append(1)]
    pool.submit(tasks)
    assert eventually(lambda: len(done) == 300)
    assert 300 <= pool.threads <= 2 * 300 + 64
    threads = pool.threads
    for _ in range(5):
        done.clear()
        pool.submit([lambda: done.append(1)] * 300)
        assert eventually(lambda: len(done) == 300)
    assert pool.threads <= threads + HOT_THREADS, "no growth once the hung ones are paid for"
    release.set()


def test_the_pool_never_grows_beyond_its_limit_and_catches_up_when_calls_return():
    pool, done, release = ElasticPool(max_threads=20), [], threading.Event()
    pool.submit([release.wait] * 40 + [lambda: done.append(1)])
    assert eventually(lambda: pool.threads == 20)
    assert not eventually(lambda: done or pool.threads > 20, within_s=0.2)
    release.set()
    assert eventually(lambda: done == [1])


def test_idle_threads_end_and_work_that_comes_later_is_still_done():
    pool, done = ElasticPool(max_threads=50, idle_s=0.05), []
    pool.submit([lambda: done.append(1)] * 10)
    assert eventually(lambda: len(done) == 10)
    assert eventually(lambda: pool.threads == 0)
    pool.submit([lambda: done.append(2)])
    assert eventually(lambda: done[-1] == 2)


def test_submitting_nothing_starts_nothing():
    pool = ElasticPool(max_threads=5)
    pool.submit([])
    assert pool.threads == 0


def test_threads_come_and_go_under_load_without_losing_a_task():
    pool, done = ElasticPool(max_threads=64, idle_s=0.001), []
    for batch in range(300):
        pool.submit([lambda: done.append(1)] * 7)
        if batch % 10 == 0:
            eventually(lambda: pool.threads == 0, within_s=0.01)
    assert eventually(lambda: len(done) == 2100)


def test_when_the_machine_gives_no_more_threads_those_there_are_go_on():
    started = []

    def start_few(work, *, name):
        if len(started) == 5:
            raise RuntimeError("can't start new thread")
        started.append(start_daemon(work, name=name))

    pool, done = ElasticPool(max_threads=100, start=start_few), []
    pool.submit([lambda: done.append(1)] * 50)
    assert eventually(lambda: len(done) == 50)
    assert eventually(lambda: pool.threads == 4)
