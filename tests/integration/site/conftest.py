import pytest

from tests.support.product import Product
from tests.support.running import Running


@pytest.fixture(scope="package")
def one_for_all(tmp_path_factory):
    """A loop ten times faster than life, with its API; what it prints goes to a file that can be read meanwhile."""
    with Running(Product(tmp_path_factory.mktemp("site"))) as running:
        yield running


@pytest.fixture
def running(one_for_all):
    """The loop with nothing but its own schedule."""
    for entry in one_for_all.client.get("/api/v1/schedules").json():
        one_for_all.client.delete(f"/api/v1/schedules/{entry['id']}")
    assert one_for_all.is_told(100)
    return one_for_all
