"""What all tests share: how many examples a property is tried on, and which tests go to one worker."""

import functools
import gc
import os
import signal
from pathlib import Path

import httpcore2
import pytest
from hypothesis import settings

from tests.support.distribution import check, group, place
from tests.support.rewritten import rewrite_all
from tests.support.thorough import sample
from tests.support.workers import import_measured, run

gc.disable()  # until all is collected: none of that is ever thrown away

# Each HTTP client would read all certificates of the machine again: 20 ms of computing, some hundred times.
httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)

settings.register_profile("ours", max_examples=sample(40, share=0.25), deadline=None)
settings.load_profile("ours")

# Coverage doubles the time of a test that spends it in libraries, and that of a start. Only the tests' own
# processes are measured: what their servers do is not, so neither are their clients. Each kind of exchange with a
# foreign platform is measured once.
OF_SERVERS = "tests/integration/api/"
OF_A_CLIENT = "tests/integration/dsxos/"
MEASURING = pytest.StashKey[int]()


def pytest_addoption(parser):
    parser.addoption("--workers", type=int, default=0, help="processes that share the tests; 0: all in this one")


def pytest_configure(config):
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:  # by nohup, or in the background of a shell
            signal.signal(number, lambda *_: None)  # as before here, but what tests start hears it
    if workers := config.option.workers:
        rewrite_all(config, Path(__file__).parent, processes=min(workers, os.cpu_count() or 1))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session):
    """Beside the process that collects, which would take twice as long, another one measures what imports run."""
    controller = getattr(session.config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
    if not session.config.option.workers or controller is None:
        return (yield)
    session.stash[MEASURING] = import_measured(controller.cov)
    controller.pause()
    result = yield
    controller.resume()
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    paths = {item: _path(item) for item in items}
    for item, path in paths.items():
        check(path, getattr(item, "fixturenames", []))
    places = {path: place(path) for path in paths.values()}
    items.sort(key=lambda item: places[paths[item]])
    yield
    met = set()
    for item in items:  # what random examples reach is no promise, and coverage doubles their time
        campaign = item.nodeid.partition("[")[0]
        is_repeated = campaign in met and not item.get_closest_marker("measured")
        is_of_many = item.get_closest_marker("sampled") or paths[item].startswith(OF_A_CLIENT)
        if item.get_closest_marker("hypothesis") or (is_repeated and is_of_many) or _asks_others(item, paths[item]):
            item.add_marker("no_cover")
        met.add(campaign)


def _path(item):
    return item.nodeid.partition("::")[0]


def _parameters(item):
    return item.callspec.params if hasattr(item, "callspec") else {}


def _asks_others(item, path):
    """What is tested is in another process, or was measured on another store that speaks SQL."""
    stores = _parameters(item).values()
    return path.startswith(OF_SERVERS) or any(isinstance(store, str) and store == "postgresql" for store in stores)


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 50, 100)  # as long as one test lives little becomes garbage in circles


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    workers = session.config.option.workers
    if not workers or session.config.option.collectonly or session.testsfailed:
        return None
    groups = {}
    for item in session.items:
        groups.setdefault(group(_path(item)), []).append(item)
    run(session, list(groups.values()), workers=workers)
    if measuring := session.stash.get(MEASURING, None):
        os.waitpid(measuring, 0)
    return True
