import pytest

from tests.support.product import Product


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()
