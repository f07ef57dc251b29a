"""A charger stands for the car at it: what its driver and its ratings say is what may be planned."""

from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.planning.least_cost_planning import live_site_of
from energy_manager.entrypoints.site_file import read_site_file

SITE = """
[site]
name = "a charger"
power_unit = "W"
[[connections]]
id = "chargers"
driver = "ocpp"
host = "127.0.0.1"
[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 10
stored_kwh = 5
max_charge_kw = 5
max_discharge_kw = 5
[[assets]]
id = "grid"
driver = "simulated_meter"
load = { level_kw = 1, peak_kw = 1, every_s = 1000, lasts_s = 1 }
[pcc]
meter = "grid"
storage = "battery"
import_limit_kw = 30
export_limit_kw = 10
"""
OVER_OCPP = '[[assets]]\nid = "car"\ndriver = "ocpp"\nconnection = "chargers"\nrated_w = 11040\ncapacity_kwh = 60\n'
BY_TEMPLATE = """[[assets]]
id = "car"
kind = "load"
driver = "device"
host = "127.0.0.1"
rated_w = 7400
capacity_kwh = 60
[assets.charger]
control = "current"
phases = 1
min_a = 8
read.load_w = { input = 1 }
read.stored_wh = { input = 2 }
target = [{ holding = 1, value = "amps" }]
release = [{ holding = 1, value = 16 }]
"""


def cars_of(tmp_path, asset, car='{ asset = "car" }'):
    path = tmp_path / "site.toml"
    path.write_text(f"{SITE}{asset}[planning.least_cost]\ncars = [{car}]\n")
    site = read_site_file(path)
    grid = site.described.grid_connection
    return live_site_of(site, grid, site.planning.least_cost, ZoneInfo("UTC")).cars


@pytest.mark.parametrize(
    ("asset", "least_kw", "most_kw"),
    [(OVER_OCPP, 4.14, 11.04), (BY_TEMPLATE, 1.84, 7.4)],
    ids=["6 A on three phases", "8 A on one phase"],
)
def test_a_car_charges_between_what_its_charger_can_at_least_and_at_most(tmp_path, asset, least_kw, most_kw):
    (car,) = cars_of(tmp_path, asset)
    assert (car.id, car.kind, car.capacity_kwh) == ("car", "ev", 60)
    assert (car.min_charge_kw, car.max_charge_kw, car.max_discharge_kw) == (least_kw, most_kw, 0)


def test_what_the_site_file_says_of_the_least_power_counts(tmp_path):
    (car,) = cars_of(tmp_path, OVER_OCPP, '{ asset = "car", min_charge_kw = 1.4 }')
    assert car.min_charge_kw == 1.4


def test_a_charger_whose_car_has_no_capacity_cannot_be_planned(tmp_path):
    with pytest.raises(Refused, match="this asset needs capacity_wh, for it is a car that is planned"):
        cars_of(tmp_path, OVER_OCPP.replace("capacity_kwh = 60\n", ""))


def test_a_meter_is_no_car(tmp_path):
    with pytest.raises(Refused, match="of kind storage or load, for it is a car that is planned"):
        cars_of(tmp_path, "", '{ asset = "grid" }')
