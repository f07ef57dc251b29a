"""A driver is opened beside the loop, again and again until it is there."""

import pytest

from energy_manager.adapters.devices.opening import ABANDONED_S, OpeningDriver
from energy_manager.adapters.runtime.clocks import FakeClock


class Driver:
    is_closed = False

    def close(self):
        self.is_closed = True
        raise OSError("even that fails")


class Site:
    """Opens what the script says: raises what can be raised, returns the rest."""

    def __init__(self, *script):
        self.script = list(script)
        self.clock = FakeClock()
        self.opened, self.failed = [], []
        self.opening = OpeningDriver(
            self._open, now_s=self.clock.now_s, opened=self.opened.append, failed=self.failed.append
        )

    def _open(self):
        step = self.script.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step

    def begin(self, *, at_s):
        self.clock.sleep_until(at_s)
        return self.opening.begin()


def test_it_is_opened_once():
    driver = Driver()
    site = Site(driver)
    site.begin(at_s=0)()
    assert site.opened == [driver]
    assert site.begin(at_s=100) is None


@pytest.mark.parametrize("failure", [OSError("no line"), SystemExit(1), KeyboardInterrupt(), BaseException("below")])
def test_what_fails_is_tried_again_after_a_pause_that_doubles(failure):
    driver = Driver()
    site = Site(failure, failure, driver)
    site.begin(at_s=0)()
    assert site.begin(at_s=0.9) is None
    site.begin(at_s=1.0)()
    assert site.begin(at_s=2.9) is None
    assert site.opened == []
    site.begin(at_s=3.0)()
    assert site.opened == [driver]
    assert site.opening.failures == 2
    assert len(site.failed) == 2
    assert type(failure).__name__ in site.failed[0]


def test_what_hangs_is_left_behind_and_another_opening_begins_but_never_a_third():
    site = Site(Driver(), Driver())
    first = site.begin(at_s=0)
    assert site.begin(at_s=ABANDONED_S - 0.1) is None
    second = site.begin(at_s=ABANDONED_S)
    assert site.failed == ["it has not come back for 5 s"]
    assert site.begin(at_s=1000) is None
    second()
    first()
    (taken,) = site.opened
    assert not taken.is_closed, "the first that came back"


def test_a_driver_that_comes_too_late_is_closed():
    early, late = Driver(), Driver()
    site = Site(early, late)
    first, second = site.begin(at_s=0), site.begin(at_s=ABANDONED_S)
    second()
    first()
    assert site.opened == [early]
    assert (early.is_closed, late.is_closed) == (False, True)
