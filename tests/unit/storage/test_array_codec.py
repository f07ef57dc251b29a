"""Numbers come back exactly, whatever they are, and quiet ones take next to no room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from energy_manager.adapters.storage.sql.history.aggregate import Aggregates
from energy_manager.adapters.storage.sql.history.array_codec import Packed, pack

SHAPES = st.one_of(st.tuples(st.integers(1, 8)), st.tuples(st.integers(1, 8), st.integers(0, 5)))
WHOLE = arrays.arrays(np.int64, SHAPES)
FRACTIONS = arrays.arrays(np.float64, SHAPES)
TRUTHS = arrays.arrays(np.bool_, SHAPES)


@given(st.dictionaries(st.text(max_size=5), st.one_of(WHOLE, FRACTIONS, TRUTHS), max_size=4), st.lists(st.text()))
def test_arrays_and_labels_come_back_as_they_were(given_arrays, labels):
    packed = Packed(pack(given_arrays, labels))
    assert packed.labels == labels
    for name, array in given_arrays.items():
        assert name in packed
        np.testing.assert_array_equal(packed.array(name), array)
        for column in range(array.shape[1] if array.ndim == 2 else 0):
            np.testing.assert_array_equal(packed.array(name, column), array[:, column])


def test_a_minute_of_a_hundred_steady_assets_takes_less_than_a_byte_a_value():
    steady = np.tile(np.arange(100, dtype=np.int64) * 37, (30, 1))
    assert len(pack({"target": steady})) < 400


@pytest.mark.parametrize("damaged", [b"", b"x", pack({"a": np.arange(3)})[:-3]])
def test_damaged_bytes_are_told(damaged):
    with pytest.raises(ValueError, match="damaged"):
        Packed(damaged)


def test_aggregates_come_back_as_they_were():
    aggregates = Aggregates(5)
    aggregates.add("target", np.array([0, 0, 3]), np.array([5, -7, 2**62]))
    aggregates.add("output", np.array([4]), np.array([1]))
    assert Aggregates.unpacked(aggregates.packed()).steps_of("target") == aggregates.steps_of("target")
    assert aggregates.steps_of("target").min == (-7, None, None, 2**62, None)
    assert aggregates.steps_of("target").mean[0] == -1.0


def test_damaged_aggregates_are_reported():
    with pytest.raises(ValueError, match="damaged"):
        Aggregates.unpacked(b"x")
