import pytest

from tests.support.product import Product


@pytest.fixture
def product(tmp_path):
    """The command line, measured: little of it runs anywhere else."""
    product = Product(tmp_path)
    yield product
    product.clean_up()
