"""Workers that share the tests, forked once all of them are collected (``--workers N``).

A worker of pytest-xdist is a Python of its own that imports the product and collects every test again: six seconds of
computing each. Forked workers have all that, and the process that starts others (``forked.py``) in common; they take
one group of tests after the other until none is left, so it costs little to have more of them than there are cores.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from tempfile import TemporaryFile
from typing import Any

import pytest

import energy_manager
from tests.support import forked

NUMBER = 4  # bytes a number of a group has on its way
LOST = "its worker ended before it, or while it ran"


class Telling:
    """In a worker: what a test came to goes to the process that has forked it, at the test's end."""

    def __init__(self, config: pytest.Config, telling: Connection) -> None:
        self._config = config
        self._telling = telling
        self._reports: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._telling.send((nodeid, location, self._reports))
        self._reports = []


def run(session: pytest.Session, groups: list[list[pytest.Item]], *, workers: int) -> None:
    """Run all groups, each in one worker, and report as one process would; what a dead worker left has failed."""
    if threads := [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]:
        raise pytest.UsageError(f"no worker would have the threads that were started at import: {', '.join(threads)}")
    forked.requests()  # what starts other processes is one for all
    basetemp = session.config._tmp_path_factory.getbasetemp()  # one for all
    taken, offered = os.pipe()  # whoever reads next has the next group
    for number in range(len(groups)):
        os.write(offered, number.to_bytes(NUMBER))
    os.close(offered)
    started = []
    try:
        for number in range(min(workers, len(groups))):
            heard, telling = Pipe(duplex=False)
            pid = os.fork()
            if pid == 0:
                session.config._tmp_path_factory._basetemp = basetemp / f"worker-{number}"
                _be_a_worker(session, _next_items(groups, taken), telling)
            telling.close()
            started.append((pid, heard))
        _report(session, [heard for _, heard in started])
    finally:
        os.close(taken)
        for pid, _ in started:
            os.kill(pid, signal.SIGINT)  # nothing to one that has ended
            os.waitpid(pid, 0)
        forked.end()


def _next_items(groups: list[list[pytest.Item]], taken: int) -> Iterator[pytest.Item]:
    while number := os.read(taken, NUMBER):
        yield from groups[int.from_bytes(number)]


def _be_a_worker(session: pytest.Session, items: Iterator[pytest.Item], telling: Connection) -> None:
    config = session.config
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        config._tmp_path_factory.getbasetemp().mkdir(mode=0o700)
        _capture_alone(config)
        config.pluginmanager.unregister(name="terminalreporter")
        config.pluginmanager.register(Telling(config, telling))
        item = next(items, None)
        while item is not None:
            following = next(items, None)
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            item = following
        if (coverage_plugin := config.pluginmanager.getplugin("_cov")) is not None:
            coverage_plugin.cov_controller.cov.stop()
            coverage_plugin.cov_controller.cov.save()
    except KeyboardInterrupt:
        session._setupstate.teardown_exact(None)
    finally:
        os._exit(0)


def _capture_alone(config: pytest.Config) -> None:
    """What is printed goes to a file of this worker; the streams stay, for whoever has kept one at import."""
    capturing: Any = config.pluginmanager.getplugin("capturemanager")
    for stream in (capturing._global_capturing.out, capturing._global_capturing.err):
        if hasattr(stream, "tmpfile"):
            with TemporaryFile() as own:
                os.dup2(own.fileno(), stream.tmpfile.fileno(), inheritable=False)


def _report(session: pytest.Session, heard: list[Connection]) -> None:
    """Until every worker has ended."""
    hook = session.config.hook
    left = {item.nodeid: item for item in session.items}
    while heard:
        for connection in wait(heard):
            try:
                nodeid, location, reports = connection.recv()
            except EOFError:
                heard.remove(connection)
                continue
            for data in reports:
                report = hook.pytest_report_from_serializable(config=session.config, data=data)
                hook.pytest_runtest_logreport(report=report)
            del left[nodeid]
            hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    for item in left.values():
        report = pytest.TestReport(item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "failed", LOST, "call")
        hook.pytest_runtest_logreport(report=report)


def import_measured(coverage: Any) -> int:
    """Import all of the product under this coverage, in a process of its own."""
    if pid := os.fork():
        return pid
    try:
        for module in pkgutil.walk_packages(energy_manager.__path__, "energy_manager.", onerror=lambda _: None):
            with suppress(ImportError):
                importlib.import_module(module.name)
        coverage.stop()
        coverage.save()
    finally:
        os._exit(0)
