"""What all tests share: how many examples a property is tried on, and which tests go to one worker."""

import pytest
from hypothesis import settings

from tests.support.distribution import ByServerOrFile, server_of

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    # First, for xdist reads the groups in the same hook.
    for item in items:
        server = server_of(item.fixturenames)
        if server is not None:
            item.add_marker(pytest.mark.xdist_group(server))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByServerOrFile(config, log) if config.getoption("dist") == "loadgroup" else None
