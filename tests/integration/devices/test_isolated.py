"""A driver in a process of its own: what ends or holds the process costs its asset only."""

import textwrap
import threading
import time

import pytest

from energy_manager.adapters.devices import isolated
from energy_manager.adapters.devices.driver import DeviceAbsent, DriverContext
from energy_manager.adapters.devices.isolated.driver import DriverFailed, DriverProcessEnded
from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Ratings
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.container.devices.devices import drivers_of
from energy_manager.entrypoints.site_file import read_site_file
from tests.support.waiting import eventually

PACKAGE = '''
    """A driver from elsewhere: what it is told says how it behaves from then on."""

    import ctypes, os, time
    from energy_manager.adapters.devices import DeviceAbsent, DriverType, Measurement
    from pydantic import BaseModel

    class Options(BaseModel):
        opens: bool = True

    class Wild:
        def __init__(self, context):
            self.context = context
            self.told = 0

        def write(self, setpoint_w):
            self.told = setpoint_w or 0
            before = self.context.memory.recall() or {}
            self.context.memory.remember({"told": self.told, "before": before.get("told")})
            if self.told == 1:
                os._exit(3)
            if self.told == 2:
                raise ValueError("no such power")
            if self.told == 9:
                raise DeviceAbsent("it has said goodbye")
            if self.told == 3:
                time.sleep(3600)
            if self.told == 4:
                ctypes.PyDLL(None).sleep(3600)  # a C call that keeps the interpreter

        def read(self):
            print("drivers may print")
            odd = {5: "300", 6: float("nan"), 7: 10 ** 5000, 8: [1]}
            return Measurement(
                power_w=odd.get(self.told, self.told), highest_w=9000, taken_at_s=self.context.now_s() - 2, follows=True
            )

        def close(self):
            pass

    def open_wild(options, context):
        if not options.opens:
            raise OSError("nobody there")
        return Wild(context)

    WILD = DriverType(name="wild", options=Options, kinds=frozenset({"producer"}), open=open_wild)
'''

SITE = """
[site]
name = "zoo"

[[assets]]
id = "lion"
driver = "wild"
isolated = true

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


class Kept:
    """A memory that keeps what is remembered."""

    def __init__(self):
        self.states = []

    def recall(self):
        return self.states[-1] if self.states else None

    def remember(self, state):
        self.states.append(state)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The package as it lies beside the product when it is installed."""
    (tmp_path / "wild.py").write_text(textwrap.dedent(PACKAGE))
    info = tmp_path / "wild-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wild\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[energy_manager.drivers]\nwild = wild:WILD\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    return tmp_path


@pytest.fixture
def lion(elsewhere):
    kept = Kept()
    context = DriverContext(
        asset_id="lion",
        kind=None,
        ratings=Ratings(),
        watts_per_step=1000,
        now_s=time.monotonic,
        link=SharedLinks(),
        memory=kept,
    )
    options = Registry().driver("wild").options
    drivers = []

    def open_it(**said):
        drivers.append(isolated.open_isolated("wild", options(**said), context))
        return drivers[-1]

    open_it.kept = kept
    yield open_it
    for driver in drivers:
        driver.close()


def test_it_is_written_and_read_as_at_home_whatever_it_says_or_raises(lion):
    driver = lion()
    driver.write(5000.0)
    measured = driver.read()
    assert (measured.power_w, measured.highest_w, measured.lowest_w, measured.follows) == (5000, 9000, None, True)
    assert 2.0 <= time.monotonic() - measured.taken_at_s < 60.0
    with pytest.raises(DriverFailed, match="ValueError: no such power"):
        driver.write(2)
    with pytest.raises(DeviceAbsent, match="it has said goodbye"):
        driver.write(9)
    said = []
    for odd in (5, 6, 7, 8):
        driver.write(odd)
        said.append(driver.read().power_w)
    assert (said[0], said[1] != said[1], said[2:]) == ("300", True, ["a whole number of 16610 bits", "[1]"])
    assert lion.kept.states[-1] == {"told": 8, "before": 7}
    driver.close()
    with pytest.raises(DriverProcessEnded, match="it was closed"):
        driver.read()


def test_a_process_that_ends_fails_its_calls_and_is_started_again_with_its_memory(lion, monkeypatch):
    monkeypatch.setattr(isolated.driver, "FIRST_PAUSE_S", 0.2)
    driver = lion()
    with pytest.raises(DriverProcessEnded, match="its process ended with 3"):
        driver.write(1)
    with pytest.raises(DriverProcessEnded, match="its process ended with 3; it is started again in"):
        driver.read()

    def is_back():
        try:
            driver.write(700)
        except DriverProcessEnded:
            return False
        return driver.read().power_w == 700

    assert eventually(is_back)
    assert lion.kept.states[-1] == {"told": 700, "before": 1}


def test_a_call_that_keeps_the_interpreter_is_ended_while_this_process_goes_on(lion, monkeypatch):
    monkeypatch.setattr(isolated.driver, "HUNG_S", 1.0)
    driver = lion()
    failures = []

    def write():
        try:
            driver.write(4)
        except DriverProcessEnded as error:
            failures.append(str(error))

    hung = threading.Thread(target=write, daemon=True)
    hung.start()
    hung.join(60.0)
    assert failures == ["its process had not answered for 1 s and was ended"]


def test_a_read_is_answered_while_a_write_hangs(lion):
    driver = lion()

    def write():
        with pytest.raises(DriverProcessEnded):
            driver.write(3)

    threading.Thread(target=write, daemon=True).start()
    assert eventually(lambda: driver.read().power_w == 3)


def test_an_opening_that_fails_says_why(lion):
    with pytest.raises(DriverFailed, match="OSError: nobody there"):
        lion(opens=False)


def test_the_site_file_asks_for_it_and_check_says_so(elsewhere):
    path = elsewhere / "site.toml"
    path.write_text(SITE)
    assert any("lion: driver wild" in line and "in a process of its own" in line for line in describe(path))
    driver = drivers_of(read_site_file(path), MonotonicClock())["lion"]()
    assert isinstance(driver, isolated.IsolatedDriver)
    driver.close()


def test_a_bus_has_one_master(elsewhere):
    path = elsewhere / "site.toml"
    shared = '[[connections]]\nid = "bus"\ndriver = "modbus"\nhost = "10.0.0.1"\n\n[[assets]]\nid = "tiger"\n'
    shared += 'driver = "wild"\nconnection = "bus"\n\n[[assets]]'
    path.write_text(
        SITE.replace("[[assets]]", shared, 1).replace("isolated = true", 'isolated = true\nconnection = "bus"')
    )
    with pytest.raises(Refused) as refused:
        read_site_file(path)
    (fault,) = refused.value.faults
    assert "isolated" in fault.field
    assert "other assets share bus" in fault.message
