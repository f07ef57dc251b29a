import os

import pytest

from tests.support.postgresql import shared_server
from tests.support.product import Product


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """A running server of the tests' own, one for all workers: each test takes a database of its own."""
    is_a_worker = "PYTEST_XDIST_WORKER" in os.environ
    run = tmp_path_factory.getbasetemp().parent if is_a_worker else tmp_path_factory.getbasetemp()
    with shared_server(run / "postgresql") as server:
        yield server
