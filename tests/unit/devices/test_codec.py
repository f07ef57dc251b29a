"""A value becomes registers and the same value again; what says that there is no value is never a number."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.templates import Encoding
from energy_manager.domain.errors import Refused

TYPES = ["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


def test_high_word_first_and_low_word_first():
    assert Encoding(type="int32").value([0xFFFF, 0xFC7C]) == -900
    assert Encoding(type="int32", word_order="little").value([0xFC7C, 0xFFFF]) == -900
    assert Encoding(type="float32").cells(1.5) == (0x3FC0, 0)
    assert Encoding(type="float32", word_order="little").cells(1.5) == (0, 0x3FC0)


def test_a_scale_of_a_tenth_gives_tenths_exactly():
    assert Encoding(scale=0.1).value([437]) == 43.7
    assert Encoding(scale=0.1).cells(43.7) == (437,)
    assert Encoding(scale=10).cells(437) == (44,)


@pytest.mark.parametrize(
    ("type_", "cells"),
    [
        ("int16", [0x8000]),
        ("uint16", [0xFFFF]),
        ("int32", [0x8000, 0]),
        ("uint32", [0xFFFF, 0xFFFF]),
        ("int64", [0x8000, 0, 0, 0]),
        ("uint64", [0xFFFF] * 4),
        ("float32", list(struct.unpack(">2H", struct.pack(">f", math.nan)))),
        ("float64", list(struct.unpack(">4H", struct.pack(">d", math.inf)))),
    ],
)
def test_what_means_no_value_is_missing(type_, cells):
    assert Encoding(type=type_).value(cells) is None


def test_a_template_may_say_what_is_missing_or_that_nothing_is():
    assert Encoding(missing=(0, 7)).value([7]) is None
    assert Encoding(missing=(0, 7)).value([0xFFFF]) == 65535
    assert Encoding(missing=()).value([0xFFFF]) == 65535


def test_what_does_not_fit_is_refused_with_value_and_type():
    with pytest.raises(Refused, match="70000 does not fit into uint16"):
        Encoding().cells(70000)
    with pytest.raises(Refused, match="-1 does not fit"):
        Encoding().cells(-1)
    with pytest.raises(Refused, match="no value"):
        Encoding(type="float32").cells(math.nan)
    with pytest.raises(Refused, match="longer than 4 bytes"):
        Encoding(type="string", length=2).cells("abcde")


def test_texts_end_at_the_first_zero():
    assert Encoding(type="string", length=4).raw([0x534D, 0x4120, 0, 0x4141]) == "SMA"
    assert Encoding(type="string", length=2).cells("SMA") == (0x534D, 0x4100)
    assert Encoding(type="string", length=2).raw([0, 0]) is None


@given(
    type_=st.sampled_from(TYPES),
    order=st.sampled_from(["big", "little"]),
    scale=st.sampled_from([1.0, 0.1, 0.01, 0.001, 10.0, -1.0, -0.1, 2.5]),
    data=st.data(),
)
def test_registers_become_a_value_and_the_same_registers_again(type_, order, scale, data):
    encoding = Encoding(type=type_, word_order=order, scale=scale)
    cells = tuple(data.draw(st.lists(st.integers(0, 65535), min_size=encoding.count, max_size=encoding.count)))
    raw = encoding.raw(cells)
    if raw is None or (isinstance(raw, int) and abs(raw) > 2**50):  # beyond, a scaled float is half a register off
        return
    if isinstance(raw, float) and not 1e-30 < abs(raw) < 1e30:
        return
    if type_ == "float64" and scale != 1.0:
        assert encoding.value(encoding.cells(encoding.value(cells))) == pytest.approx(encoding.value(cells))
    else:
        assert encoding.cells(encoding.value(cells)) == cells
