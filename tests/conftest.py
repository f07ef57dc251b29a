"""What all tests share: how many examples a property is tried on, and which tests go to one worker."""

import functools
import gc
import os
from pathlib import Path

import coverage
import httpcore2
import pytest
from hypothesis import settings

from tests.support.distribution import ByServerOrFile, check, place
from tests.support.rewritten import rewrite_all
from tests.support.thorough import sample

gc.disable()  # until all is collected: none of that is ever thrown away

# Each HTTP client would read all certificates of the machine again: 20 ms of computing, some hundred times.
httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)

settings.register_profile("ours", max_examples=sample(40, share=0.25), deadline=None)
settings.load_profile("ours")

# In a worker pytest-cov starts coverage once more, as if it were alone, before it knows better; that one would go on
# whenever a test marked no_cover stops the other.
while "PYTEST_XDIST_WORKER" in os.environ and (begun := coverage.Coverage.current()) is not None:
    begun.stop()

# Coverage doubles the time of a test that spends it in libraries, and that of a start. Only the tests' own
# processes are measured: what their servers do is not, so neither are their clients. Each kind of exchange with a
# foreign platform is measured once.
OF_SERVERS = "tests/integration/api/"
OF_A_CLIENT = "tests/integration/dsxos/"


def pytest_configure(config):
    if workers := getattr(config.option, "numprocesses", None):
        rewrite_all(config, Path(__file__).parent, processes=min(workers, os.cpu_count() or 1))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session):
    """Every worker imports the whole product; it is enough that one of them is measured meanwhile."""
    coverage_plugin = session.config.pluginmanager.get_plugin("_cov")
    is_measured = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0" or coverage_plugin is None
    if not is_measured:
        coverage_plugin.cov_controller.pause()
    yield
    if not is_measured:
        coverage_plugin.cov_controller.resume()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    paths = {item: item.path.relative_to(config.rootpath).as_posix() for item in items}
    for item, path in paths.items():
        check(path, getattr(item, "fixturenames", []))
    items.sort(key=lambda item: place(paths[item]))
    yield
    met = set()
    for item in items:  # what random examples reach is no promise, and coverage doubles their time
        campaign = item.nodeid.partition("[")[0]
        is_repeated = campaign in met and (item.get_closest_marker("sampled") or paths[item].startswith(OF_A_CLIENT))
        if item.get_closest_marker("hypothesis") or is_repeated or _asks_others(item, paths[item]):
            item.add_marker("no_cover")
        met.add(campaign)


def _parameters(item):
    return item.callspec.params if hasattr(item, "callspec") else {}


def _asks_others(item, path):
    """What is tested is in another process, or was measured on another store that speaks SQL."""
    stores = _parameters(item).values()
    return path.startswith(OF_SERVERS) or any(isinstance(store, str) and store == "postgresql" for store in stores)


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByServerOrFile(config, log) if config.getoption("dist") == "loadgroup" else None
