"""What the port ``Workers`` promises, held by real processes."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, suppress
from functools import partial

import anyio
import pytest
from anyio import to_thread

from energy_manager.adapters.runtime.workers import MAX_WAITING, ProcessWorkers
from energy_manager.application.ports.planning.workers import NotEnoughMemory, WorkersBusy
from energy_manager.domain.errors import OutOfTime, Refused
from tests.support import work
from tests.support.server import environment
from tests.support.waiting import eventually

LONG_S = 60.0


@asynccontextmanager
async def warm_workers(tmp_path):
    """Two workers, warmed; each has left its process id in the folder.

    No fixture: anyio ends its workers with the task that the event loop was run for, and a fixture has one of its own.
    """
    workers = ProcessWorkers(count=2, preload=partial(work.sign_in, str(tmp_path)))
    async with anyio.create_task_group() as beside:
        beside.start_soon(workers.keep_warm)
        await until(lambda: len(pids(tmp_path)) == 2)
        yield workers
        beside.cancel_scope.cancel()


async def until(condition):
    assert await to_thread.run_sync(partial(eventually, condition, within_s=LONG_S))


def pids(tmp_path):
    return {int(entry.name) for entry in tmp_path.iterdir() if entry.name.isdigit()}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def assert_well(workers):
    assert await workers.run(work.double, 21, deadline_s=LONG_S) == 42


@pytest.fixture(autouse=True)
def _quick_start(monkeypatch):
    """Workers load their parent's main module; pytest's would take each half a second and is of no use to them."""
    monkeypatch.setattr(sys.modules["__main__"], "__file__", None, raising=False)


async def test_a_result_comes_back_from_a_warm_process_and_what_is_printed_goes_nowhere(tmp_path, capfd):
    async with warm_workers(tmp_path) as workers:
        assert await workers.run(work.double, "ab", deadline_s=LONG_S) == "abab"
        assert await workers.run(work.double, b"x" * 10_000_000, deadline_s=LONG_S) == b"x" * 20_000_000
        for _ in range(5):
            assert await workers.run(os.getpid, deadline_s=LONG_S) in pids(tmp_path) - {os.getpid()}
        assert await workers.run(work.say, "RETURN 5\n", deadline_s=LONG_S) == 9
        assert capfd.readouterr() == ("", "")


async def test_two_work_at_a_time_and_the_third_waits(tmp_path):
    async with warm_workers(tmp_path) as workers:
        served = []

        async def serve():
            served.append(await workers.run(work.pid_after, 0.05, deadline_s=LONG_S))

        async with anyio.create_task_group() as requests:
            for _ in range(6):
                requests.start_soon(serve)
        assert len(served) == 6
        assert set(served) == pids(tmp_path)


async def test_an_exception_passes_through_with_the_place_it_comes_from(tmp_path):
    async with warm_workers(tmp_path) as workers:
        for error in (
            ValueError("no", 7),
            TimeoutError("the function's own"),
            FileNotFoundError(2, "no such file"),
            anyio.BrokenWorkerProcess(),
            MemoryError(),
            RecursionError("too deep"),
        ):
            with pytest.raises(type(error)) as raised:
                await workers.run(work.fail, error, deadline_s=LONG_S)
            assert raised.value.args == error.args
            assert "in fail" in "".join(raised.value.__notes__)
        with pytest.raises(Refused) as refused:
            await workers.run(work.refuse, deadline_s=LONG_S)
        assert [fault.field for fault in refused.value.faults] == ["load", "fuels"]
        assert await workers.run(os.getpid, deadline_s=LONG_S) in pids(tmp_path), "and nobody was harmed"


async def test_who_needs_more_memory_than_there_is_for_a_call_is_told_and_the_next_is_served():
    workers = ProcessWorkers(count=1, preload=int, memory_mb=100)
    for size in (300_000_000, 10_000_000_000):
        with pytest.raises(NotEnoughMemory, match="more than 100 MB of memory"):
            await workers.run(work.take, size, deadline_s=LONG_S)
    assert await workers.run(work.take, 10_000_000, deadline_s=LONG_S) == 10_000_000


async def test_what_cannot_cross_is_an_error_and_harms_no_worker(tmp_path):
    async with warm_workers(tmp_path) as workers:
        with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
            await workers.run(work.double, threading.Lock(), deadline_s=LONG_S)
        with pytest.raises((pickle.PicklingError, TypeError, AttributeError)):
            await workers.run(work.unpicklable, deadline_s=LONG_S)
        assert await workers.run(os.getpid, deadline_s=LONG_S) in pids(tmp_path)


async def test_a_worker_that_overruns_is_killed_and_replaced(tmp_path):
    async with warm_workers(tmp_path) as workers:
        before = pids(tmp_path)
        with pytest.raises(OutOfTime, match=r"no answer within 0\.3 s"):
            await workers.run(work.never_end_nor_listen, deadline_s=0.3)
        await until(lambda: sum(map(is_alive, before)) == 1)
        await until(lambda: len(pids(tmp_path) - before) == 1)
        await assert_well(workers)


async def test_a_worker_that_dies_costs_its_own_request_only(tmp_path):
    async with warm_workers(tmp_path) as workers:
        for function, *arguments in (
            (work.leave, 0),
            (work.die, signal.SIGKILL),
            (work.die, signal.SIGTERM),
            (work.crash,),
            (work.fail, SystemExit(3)),
            (work.fail, KeyboardInterrupt()),
            (work.write_where_answers_go, b"not what was agreed\n"),
        ):
            before = pids(tmp_path)
            with pytest.raises(OutOfTime, match="the worker process ended before it answered"):
                await workers.run(function, *arguments, deadline_s=LONG_S)
            await assert_well(workers)
            await until(lambda: len(pids(tmp_path) - before) == 1)
        assert sum(map(is_alive, pids(tmp_path))) == 2


async def test_idle_workers_that_are_killed_cost_at_most_a_request_each(tmp_path):
    async with warm_workers(tmp_path) as workers:
        for pid in pids(tmp_path):
            os.kill(pid, signal.SIGKILL)
        failures = 0
        for _ in range(10):
            try:
                await assert_well(workers)
            except OutOfTime:
                failures += 1
        assert failures <= 2


async def test_an_interrupt_from_the_keyboard_leaves_the_workers_to_their_parent(tmp_path):
    async with warm_workers(tmp_path) as workers:
        for pid in pids(tmp_path):
            os.kill(pid, signal.SIGINT)
        assert await workers.run(work.pid_after, 0.1, deadline_s=LONG_S) in pids(tmp_path)
        assert all(map(is_alive, pids(tmp_path)))


EARLY = """
import os, signal
from energy_manager.adapters.runtime.workers import _greet
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
os.kill(os.getpid(), signal.SIGINT)
_greet(int)
print("went on")
"""


def test_an_interrupt_that_comes_before_a_worker_has_settled_in_is_left_to_the_parent_too():
    ended = subprocess.run(
        [sys.executable, "-c", EARLY], capture_output=True, text=True, env=environment(), check=False
    )
    assert (ended.stdout, ended.stderr) == ("went on\n", "")


def fail_to_load():
    raise RuntimeError("no planner here")


async def test_a_preload_that_fails_costs_one_request_at_most():
    workers = ProcessWorkers(count=1, preload=fail_to_load)
    async with anyio.create_task_group() as beside:
        beside.start_soon(workers.keep_warm)
        with suppress(RuntimeError):
            await workers.run(work.double, 1, deadline_s=LONG_S)
        assert await workers.run(work.double, 21, deadline_s=LONG_S) == 42
        beside.cancel_scope.cancel()


async def test_a_start_that_takes_longer_than_a_request_can_wait_goes_on_for_the_next(tmp_path):
    go = tmp_path / "go"
    go.touch()
    workers = ProcessWorkers(count=1, preload=partial(work.sign_in_and_wait_for, str(tmp_path), str(go)))
    async with anyio.create_task_group() as beside:
        beside.start_soon(workers.keep_warm)
        await assert_well(workers)
        go.unlink()
        async with anyio.create_task_group() as hurried:
            with suppress(OutOfTime):
                hurried.start_soon(assert_well, workers)
                await workers.run(work.leave, 0, deadline_s=LONG_S)
            await until(lambda: len(pids(tmp_path)) == 2)
            hurried.cancel_scope.cancel()
        go.touch()
        await assert_well(workers)
        assert len(pids(tmp_path)) == 2
        beside.cancel_scope.cancel()


async def test_the_deadline_holds_for_waiting_too_and_who_works_is_not_disturbed():
    workers = ProcessWorkers(count=1, preload=int)
    async with anyio.create_task_group() as requests:
        served = []

        async def serve():
            served.append(await workers.run(work.pid_after, 0.5, deadline_s=LONG_S))

        requests.start_soon(serve)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(OutOfTime, match=r"no answer within 0\.1 s"):
            await workers.run(work.double, 1, deadline_s=0.1)
    assert len(served) == 1


async def test_more_requests_than_can_wait_are_turned_away_at_once():
    workers = ProcessWorkers(count=1, preload=int)
    async with anyio.create_task_group() as requests:
        for _ in range(1 + MAX_WAITING):
            requests.start_soon(partial(workers.run, work.pid_after, LONG_S, deadline_s=LONG_S))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(WorkersBusy, match="200 requests are waiting already"):
            await workers.run(work.double, 1, deadline_s=LONG_S)
        requests.cancel_scope.cancel()
    await assert_well(workers)


async def test_a_machine_that_gives_no_more_processes_is_busy_and_recovers(tmp_path, monkeypatch):
    async with warm_workers(tmp_path) as workers:
        with pytest.raises(OutOfTime):
            await workers.run(work.leave, 1, deadline_s=LONG_S)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "executable", str(tmp_path.parent / "no-such-python"))
            for pid in pids(tmp_path):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
            await until(lambda: not any(map(is_alive, pids(tmp_path))))
            with pytest.raises(WorkersBusy, match="no worker process can be started: No such file"):
                await workers.run(work.double, 1, deadline_s=LONG_S)
        await assert_well(workers)


PARENT = """
import anyio
from contextlib import asynccontextmanager
from functools import partial
from energy_manager.adapters.runtime.workers import ProcessWorkers
from tests.support import work

workers = ProcessWorkers(count=2, preload=partial(work.sign_in, {folder!r}))
anyio.run(workers.keep_warm)
"""


def test_workers_do_not_outlive_a_parent_that_was_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(folder=str(tmp_path))], env=environment())
    try:
        assert eventually(lambda: len(pids(tmp_path)) == 2, within_s=LONG_S)
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: not any(map(is_alive, pids(tmp_path))), within_s=LONG_S)
