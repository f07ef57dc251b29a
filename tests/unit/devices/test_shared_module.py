"""The assignment's devices are told and read in whole steps of the site, exactly."""

import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
import shared
from shared import DeviceController

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.devices.driver import ImplausibleReading
from energy_manager.adapters.devices.shared_module import SharedDevice
from energy_manager.adapters.shared_module import SHIPPED, shared_module


@dataclass
class Said:
    current_power_output: object
    potential_power_output: object


class Controller(DeviceController):
    def __init__(self, said=None):
        super().__init__("a", sleep_chance=0.0)
        self.said = said
        self.told = []

    def set_power_target(self, power_target):
        self.told.append(power_target)

    def get_device_status(self):
        return self.said


@pytest.mark.parametrize("target", [0, 100, -8, 10**30])
def test_a_target_arrives_as_it_was_decided(target):
    controller = Controller()
    SharedDevice(controller, 1000).write(target * 1000)
    assert controller.told == [target]
    assert type(controller.told[0]) is int


def test_the_module_knows_no_release_so_it_is_told_0():
    controller = Controller()
    SharedDevice(controller, 1000).write(None)
    assert controller.told == [0]


@pytest.mark.parametrize(
    ("said", "power_w"),
    [(7, 7000), (7.9, 7000), (-8, -8000)],
)
def test_what_is_a_number_is_floored_to_whole_steps(said, power_w):
    device = SharedDevice(Controller(Said(said, said)), 1000)
    assert device.read() == Measurement(power_w=power_w, highest_w=power_w)


@pytest.mark.parametrize("nonsense", [None, "300", True, float("nan"), pytest.param(10**400, id="huge")])
@pytest.mark.parametrize("place", ["the output", "the potential"])
def test_of_what_is_no_number_the_whole_reading_is_missing(place, nonsense):
    said = Said(nonsense, 300) if place == "the output" else Said(300, nonsense)
    with pytest.raises(ImplausibleReading, match=f"{place} is .*, which is no power"):
        SharedDevice(Controller(said), 1000).read()


@pytest.mark.parametrize("strange", [None, ModuleType("shared")], ids=["no such module", "another one of that name"])
def test_an_installed_product_takes_the_module_that_is_shipped_with_it(monkeypatch, strange):
    shared_module.cache_clear()
    shipped = ModuleType(SHIPPED)
    shipped.__dict__.update(shared.__dict__)
    shipped.DeviceController = Controller
    monkeypatch.setitem(sys.modules, "shared", strange)
    monkeypatch.setitem(sys.modules, SHIPPED, shipped)
    assert shared_module().device_controller is Controller
    shared_module.cache_clear()


def test_a_module_on_the_path_that_fails_to_load_is_not_passed_over(monkeypatch, tmp_path):
    shared_module.cache_clear()
    (tmp_path / "shared.py").write_text("import nothing_of_that_name")
    monkeypatch.delitem(sys.modules, "shared")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        shared_module()
    shared_module.cache_clear()
