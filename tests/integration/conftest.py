import pytest

from tests.support.postgresql import PrivateServer, require_postgresql
from tests.support.product import Product


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


@pytest.fixture(scope="session")
def postgresql():
    """A running server of the tests' own."""
    server = PrivateServer(require_postgresql())
    try:
        server.start()
        yield server
    finally:
        server.clean_up()
