"""What is marked ``no_cover`` pays nothing for coverage, in a worker either."""

import sys

import pytest


@pytest.mark.no_cover
def test_a_test_that_is_not_measured_is_not_traced():
    assert sys.gettrace() is None
