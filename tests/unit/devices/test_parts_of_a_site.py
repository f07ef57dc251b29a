"""What a site file says of its devices together: least powers, whom a grid limit measures, the grid's meter."""

import pytest

from energy_manager.entrypoints.container.devices.commissioning import grid_meter_of
from energy_manager.entrypoints.container.devices.devices import hold_grid_limit_of, least_powers_of
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import read_site_file

CHARGER = """
[assets.charger]
control = "current"
phases = 1
read.load_w = { holding = 1 }
target = [{ holding = 2, value = "amps" }]
expires_s = 60
"""
HEAT_PUMP = """
[assets.load]
control = "steps"
steps_w = [0, 900, 1800]
read.load_w = { holding = 1 }
target = [{ holding = 2, value = "step" }]
expires_s = 60
"""
RELAY = """
[assets.load]
control = "switch"
read.load_w = { holding = 1 }
target = [{ coil = 2, value = "on" }]
expires_s = 60
"""
BATTERY = """
[assets.battery]
control = "setpoint"
read.charge_w = { holding = 1 }
target = [{ holding = 2, value = "charge_w" }]
expires_s = 60
"""
METER = """
[assets.grid]
read.import_w = { holding = 1 }
"""
PV = """
[assets.pv]
read.output_w = { holding = 1 }
"""


@pytest.fixture
def site_of(tmp_path):
    def read(*assets, more=""):
        tables = "".join(
            f'[[assets]]\nid = "{name}"\nkind = "{kind}"\ndriver = "device"\nconnection = "bus"\n{ratings}\n{table}'
            for name, kind, ratings, table in assets
        )
        bus = '[[connections]]\nid = "bus"\ndriver = "modbus"\nhost = "127.0.0.1"\n'
        path = tmp_path / "site.toml"
        path.write_text(f'[site]\nname = "x"\npower_unit = "W"\n{bus}{tables}{more}')
        return read_site_file(path)

    return read


def test_chargers_steps_and_switches_have_a_least_power_and_batteries_have_none(site_of):
    site = site_of(
        ("ev", "load", "", CHARGER),
        ("small", "load", "rated_w = 1000", CHARGER),
        ("pump", "load", "", HEAT_PUMP),
        ("boiler", "load", "rated_w = 2000", RELAY),
        ("unrated", "load", "", RELAY),
        ("home", "storage", "max_charge_w = 3000\nmax_discharge_w = 3000", BATTERY),
    )
    # 6 A at 230 V; one that is rated for less is on or off.
    assert least_powers_of(site) == {"ev": 1380, "small": 1000, "pump": 900, "boiler": 2000}


def test_the_sun_and_other_storages_are_read_with_the_meter_of_a_grid_limit_and_loads_are_not(site_of):
    site = site_of(
        ("grid", "meter", "", METER),
        ("home", "storage", "capacity_wh = 9000\nmax_charge_w = 3000\nmax_discharge_w = 3000", BATTERY),
        ("boiler", "load", "rated_w = 2000", RELAY),
        *((f"roof{place}", "producer", f"rated_w = {1000 + place}", PV) for place in range(7)),
        ("more", "storage", "capacity_wh = 9000\nmax_charge_w = 3000\nmax_discharge_w = 3000", BATTERY),
        ("balcony", "producer", "rated_w = 600", PV),
        more='[pcc]\nmeter = "grid"\nstorage = "home"\nimport_limit_kw = 5\nexport_limit_kw = 3\n',
    )
    hold = hold_grid_limit_of(site, DispatchSettings(), lambda: None)
    assert hold.measured == ("grid", "home", "more", *(f"roof{place}" for place in reversed(range(7))))


def test_the_only_meter_of_a_site_measures_its_grid_connection_also_before_there_are_limits(site_of):
    battery = ("home", "storage", "capacity_wh = 9000\nmax_charge_w = 3000\nmax_discharge_w = 3000", BATTERY)
    limits = '[pcc]\nmeter = "other"\nstorage = "home"\nimport_limit_kw = 5\nexport_limit_kw = 3\n'
    grid, other = ("grid", "meter", "", METER), ("other", "meter", "", METER)
    assert grid_meter_of(site_of(battery)) is None
    assert grid_meter_of(site_of(battery, grid)) == "grid"
    assert grid_meter_of(site_of(battery, grid, other)) is None, "it may be either"
    assert grid_meter_of(site_of(battery, grid, other, more=limits)) == "other"
