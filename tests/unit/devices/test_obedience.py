"""A device that acknowledges and does nothing is found out after so many reads; one that may take less is not."""

import pytest

from energy_manager.adapters.devices.templated.control.obedience import Obedience, Observed, deviates
from energy_manager.adapters.devices.templates.model import Obeys


def obedience(control="setpoint", **rules):
    return Obedience(Obeys(**({"within_s": 20, "tolerance_w": 100, "reads": 3} | rules)), control)


def observe(it, measured_w, told_w=2000.0, *, told_for_s=60.0, told_on=True, is_on=None):
    return it.observe(
        Observed(measured_w=measured_w, is_on=is_on), told_w=told_w, told_on=told_on, told_for_s=told_for_s
    )


def test_the_third_read_in_a_row_is_the_verdict_with_both_numbers():
    it = obedience()
    assert [observe(it, 150.0) for _ in range(2)] == [False, False]
    assert it.disobeys is None
    assert observe(it, 150.0)
    assert it.disobeys == "was told to deliver 2000 W and delivers 150 W"
    observe(it, 1950.0)
    assert it.disobeys is None


def test_what_is_too_early_or_within_tolerance_or_released_is_no_disobedience():
    it = obedience()
    for _ in range(10):
        observe(it, 150.0, told_for_s=19.9)
        observe(it, 1900.0)
        observe(it, 150.0, told_w=None)
    assert it.disobeys is None


def test_the_target_is_asserted_three_times_and_then_only_reported():
    it = obedience()
    assert sum(observe(it, 0.0) for _ in range(60)) == 3
    assert it.disobeys is not None


@pytest.mark.parametrize(
    ("control", "told_w", "measured_w", "disobeys"),
    [
        ("limit", 1000, 200, False),
        ("limit", 1000, 1200, True),
        ("current", -4000, -1000, False),
        ("current", -4000, -4200, True),
        ("setpoint", -2000, -2050, False),
        ("setpoint", -2000, 2000, True),
        ("steps", -2000, 0, True),
    ],
)
def test_a_limit_is_broken_from_above_only(control, told_w, measured_w, disobeys):
    observed = Observed(measured_w=measured_w)
    assert deviates(control, told_w=told_w, told_on=True, observed=observed, tolerance_w=100) is disobeys


@pytest.mark.parametrize(
    ("told_on", "is_on", "measured_w", "disobeys"),
    [
        (True, True, 0, False),
        (True, False, -2000, True),
        (False, True, 0, True),
        (True, None, 0, False),
        (False, None, -2000, True),
        (False, None, -5, False),
    ],
)
def test_a_switch_is_judged_by_its_state(told_on, is_on, measured_w, disobeys):
    observed = Observed(measured_w=measured_w, is_on=is_on)
    assert deviates("switch", told_w=0, told_on=told_on, observed=observed, tolerance_w=100) is disobeys
