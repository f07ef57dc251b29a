"""What all tests share: how many examples a property is tried on, and which tests go to one worker."""

import pytest
from hypothesis import settings

from tests.support.distribution import ByServerOrFile, check, place
from tests.support.thorough import sample

settings.register_profile("ours", max_examples=sample(40, share=0.5), deadline=None)
settings.load_profile("ours")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    paths = {item: item.path.relative_to(config.rootpath).as_posix() for item in items}
    for item, path in paths.items():
        check(path, getattr(item, "fixturenames", []))
    items.sort(key=lambda item: place(paths[item]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByServerOrFile(config, log) if config.getoption("dist") == "loadgroup" else None
