"""A path names one value of a JSON text; whatever is not there is None."""

import pytest

from energy_manager.adapters.devices.links.json_paths import JsonPath, parse_json
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import finite

DOCUMENT = parse_json(
    '{"ENERGY": {"Power": 12.5}, "nrg": [1, 2, [3]], "switch:0": {"apower": 7}, '
    '"meters": [{"role": "pv", "w": 1}, {"role": "grid", "id": 2, "w": -900}], "none": null, "bad": NaN}'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("ENERGY.Power", 12.5),
        ("nrg.1", 2),
        ("nrg.2.0", 3),
        ("nrg.9", None),
        ("switch:0.apower", 7),
        ("meters[role=grid].w", -900),
        ("meters[id=2].w", -900),
        ("meters[role=load].w", None),
        ("ENERGY[role=grid]", None),
        ("none", None),
        ("none.deeper", None),
        ("bad", None),
        ("absent.deeper", None),
    ],
)
def test_a_path_finds_its_value_or_none(path, value):
    assert JsonPath.parse(path).find(DOCUMENT) == value


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[b]", "a]b", "a[b=c]d", "[=x]"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(Refused, match="is no path"):
        JsonPath.parse(path)


@pytest.mark.parametrize("value", [None, True, "12", [1], {}, float("nan"), 10**400])
def test_only_finite_numbers_are_numbers(value):
    assert finite(value) is None


def test_a_text_that_is_nested_without_end_is_an_error_and_no_crash():
    with pytest.raises(ValueError, match="nesting"):
        parse_json("[" * 200_000)
