"""What is written when, how often, and what a device's steps are told; all of it without a device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.templated.control.values import Limits, NotControllable, Values
from energy_manager.adapters.devices.templated.control.writing import (
    Action,
    Control,
    WriteBudget,
    WritesUsedUp,
    Writing,
)
from energy_manager.adapters.devices.templates import Usage, WriteStep

DAY_S = 86_400


class Told:
    """A device that acknowledges all, and how it was written."""

    def __init__(self, **rules):
        self.writing = Writing(Usage(**rules))
        self.actions = []
        self.now_s = 0.0

    def tell(self, setpoint_w, *, after_s=2.0, fails=False):
        self.now_s += after_s
        if setpoint_w is not None:
            setpoint_w = self.writing.held(setpoint_w, is_on=setpoint_w != 0, now_s=self.now_s)
        action = self.writing.due(setpoint_w, (setpoint_w,), now_s=self.now_s)
        self.actions.append(action)
        if fails:
            self.writing.failed()
        elif action is Action.RELEASE:
            self.writing.released()
        elif action is not Action.NOTHING:
            self.writing.wrote(setpoint_w, (setpoint_w,), is_on=setpoint_w != 0, now_s=self.now_s)
        return action


def test_begun_once_then_written_only_when_the_value_changes_by_a_step_or_becomes_0():
    device = Told(step_w=50)
    seen = [device.tell(power_w) for power_w in (1000, 1000, 1049, 1050, 1001, 1000, 20, 0, 0, 10)]
    assert seen == [
        Action.BEGIN_AND_TARGET,
        Action.NOTHING,
        Action.NOTHING,
        Action.TARGET,
        Action.NOTHING,
        Action.TARGET,
        Action.TARGET,
        Action.TARGET,
        Action.NOTHING,
        Action.NOTHING,
    ]


def test_none_releases_once_and_the_next_target_begins_again():
    device = Told()
    seen = [device.tell(power_w) for power_w in (500, None, None, 500)]
    assert seen == [Action.BEGIN_AND_TARGET, Action.RELEASE, Action.NOTHING, Action.BEGIN_AND_TARGET]


def test_a_device_of_which_nothing_is_known_is_released_once_since_the_last_run_may_have_ended_badly():
    device = Told()
    assert [device.tell(None), device.tell(None)] == [Action.RELEASE, Action.NOTHING]


def test_an_unchanged_target_is_written_again_when_it_is_due_and_never_otherwise():
    often, never = Told(rewrite_s=10), Told()
    for device, rewritten in ((often, 3), (never, 0)):
        device.tell(700)
        seen = [device.tell(700) for _ in range(15)]
        assert seen.count(Action.TARGET) == rewritten
        assert seen.count(Action.NOTHING) == 15 - rewritten


def test_after_a_sequence_that_failed_everything_is_written_again_and_a_release_too():
    device = Told()
    assert device.tell(700, fails=True) is Action.BEGIN_AND_TARGET
    assert device.tell(700) is Action.BEGIN_AND_TARGET
    assert device.tell(800, fails=True) is Action.TARGET
    assert device.tell(800) is Action.BEGIN_AND_TARGET
    assert device.tell(None, fails=True) is Action.RELEASE
    assert device.tell(None) is Action.RELEASE
    assert device.writing.control is Control.RELEASED


def test_after_a_reconnect_it_is_begun_again_and_a_released_device_is_not():
    device = Told()
    device.tell(700)
    device.writing.forget_begin()
    assert device.tell(700) is Action.BEGIN_AND_TARGET
    device.tell(None)
    device.writing.forget_begin()
    assert device.tell(None) is Action.NOTHING


def test_a_target_that_is_asserted_again_is_written_once_more():
    device = Told()
    device.tell(700)
    device.writing.assert_again()
    assert [device.tell(700), device.tell(700)] == [Action.TARGET, Action.NOTHING]


def test_a_switch_stays_on_and_off_for_its_least_times():
    device = Told(min_on_s=10, min_off_s=20)
    on_at_s = []
    for _ in range(12):
        device.tell(-1000 if len(on_at_s) < 1 or device.now_s > 24 else 0)
        if device.writing.written_w:
            on_at_s.append(device.now_s)
    assert on_at_s == [2, 4, 6, 8, 10]
    device.tell(-1000, after_s=8)
    assert device.writing.written_w == -1000


def test_a_restless_target_cannot_use_up_a_days_writes_and_the_release_is_always_left():
    budget = WriteBudget()
    sent_at_s = []
    for now_s in range(0, 3 * DAY_S, 20):
        try:
            budget.spend(now_s=now_s)
        except WritesUsedUp:
            continue
        sent_at_s.append(now_s)
    windows = [sum(begin <= at_s < begin + DAY_S for at_s in sent_at_s) for begin in range(0, 2 * DAY_S, 3600)]
    assert max(windows) <= 100
    assert min(windows) >= 75
    assert budget.refused > 0
    budget.spend(now_s=3 * DAY_S, is_release=True)


def test_a_volatile_register_has_no_budget():
    budget = WriteBudget(writes_a_day=None)
    for _ in range(1000):
        budget.spend(now_s=0.0)
    assert budget.writes == 1000


@given(st.lists(st.tuples(st.integers(0, 4000), st.booleans()), max_size=400), st.integers(1, 300))
def test_whatever_is_asked_no_day_sees_more_writes_than_it_may(steps, limit):
    budget, now_s, sent_at_s = WriteBudget(writes_a_day=limit), 0.0, []
    for pause_s, is_release in steps:
        now_s += pause_s
        try:
            budget.spend(now_s=now_s, is_release=is_release)
        except WritesUsedUp:
            continue
        sent_at_s.append(now_s)
    for begin in sent_at_s:
        assert sum(begin <= at_s < begin + DAY_S for at_s in sent_at_s) <= max(limit, 2)


def value(setpoint_w, limits=None, usage=None, **step):
    written = WriteStep.model_validate({"holding": 1} | step)
    return Values(Usage.model_validate(usage or {}), limits or Limits(), setpoint_w).of(written)


def test_a_value_carries_its_own_sign():
    for name in ("output_w", "discharge_w", "export_w"):
        assert value(-900, value=name) == -900
    for name in ("charge_w", "load_w", "import_w"):
        assert value(-900, value=name) == 900
    assert value(-900, value="magnitude_w") == 900
    assert str(value(0, value="charge_w")) in {"0", "0.0"}


def test_shares_are_of_their_rating_and_without_it_nothing_is_controlled():
    limits = Limits(rated_w=5000, max_charge_w=2000, max_discharge_w=4000)
    assert value(2500, limits, value="output_percent") == 50
    assert value(2000, limits, value="discharge_percent") == 50
    assert value(-2000, limits, value="charge_percent") == 100
    assert value(-2000, limits, value="discharge_percent") == -50
    with pytest.raises(NotControllable, match="rated_w, which is not known"):
        value(2500, value="output_percent")


def test_words_numbers_and_ends():
    words = {"charge": 1, "discharge": 2, "idle": 0}
    assert [value(power_w, value="direction", words=words) for power_w in (-5, 5, 0)] == [1, 2, 0]
    assert [value(power_w, value="on", words={"on": "ON", "off": "OFF"}) for power_w in (-5, 0)] == ["ON", "OFF"]
    assert value(9000, value="output_w", within=[0, 5000]) == 5000
    assert value(-1, value="output_w", within=[0, 5000]) == 0
    assert value(-1, value=802) == 802


def test_a_switch_is_on_from_half_of_its_rated_power():
    limits = Limits(rated_w=2000)
    assert [value(power_w, limits, value="on") for power_w in (-2000, -1000, -999, 0)] == [True, True, False, False]


def test_a_charger_gets_whole_amperes_that_take_no_more_and_none_below_its_least():
    usage = {"control": "current", "phases": 3, "voltage_v": 230, "max_a": 16}
    amps = [value(-power_w, usage=usage, value="amps") for power_w in (11040, 11039, 4140, 4139, 50000, 0)]
    assert amps == [16, 15, 6, 0, 16, 0]
    assert [value(-power_w, usage=usage, value="on") for power_w in (4140, 4139)] == [True, False]


def test_of_steps_the_highest_that_takes_no_more():
    usage = {"control": "steps", "steps_w": [0, 1000, 3000]}
    assert [value(-power_w, usage=usage, value="step") for power_w in (0, 999, 1000, 2999, 9999)] == [0, 0, 1, 1, 2]


def test_a_set_point_is_clamped_to_what_the_device_can_do():
    limits = Limits(rated_w=5000, max_charge_w=2000, max_discharge_w=4000)
    setpoint, limit = Usage(control="setpoint"), Usage(control="limit")
    assert [limits.clamped(power_w, setpoint) for power_w in (-9000, -1, 9000)] == [-2000, -1, 4000]
    assert [limits.clamped(power_w, limit) for power_w in (-9000, 1, 9000)] == [0, 1, 5000]
    assert Limits().clamped(-9000, setpoint) == -9000
