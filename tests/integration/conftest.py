import pytest

from tests.support.postgresql import shared_server
from tests.support.product import Product


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


@pytest.fixture(scope="session")
def postgresql(request, tmp_path_factory):
    """A running server of the tests' own, one for all workers: each test takes a database of its own."""
    basetemp = tmp_path_factory.getbasetemp()
    run = basetemp.parent if request.config.option.workers else basetemp
    with shared_server(run / "postgresql") as server:
        yield server
