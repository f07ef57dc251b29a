"""A device in a site file: by a template or inline, by its own host or a named connection; faults with their line."""

import time
from pathlib import Path

import pytest

from energy_manager.adapters.devices import DriverContext
from energy_manager.adapters.devices.links.errors import LinkBusy
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import ModbusOptions, modbus_link
from energy_manager.adapters.devices.templates import parse_template, template_text
from energy_manager.adapters.devices.templates.model import ConnectionDefaults
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import AssetKind, Ratings
from energy_manager.entrypoints.site_file import read_site_file

SITE = """
[site]
name = "home"
power_unit = "W"

[[connections]]
id = "bus"
driver = "modbus"
over = "tcp"
host = "192.0.2.40"
timeout_s = 1.0

[[assets]]
id = "battery"
kind = "storage"
capacity_wh = 10000
max_charge_w = 4000
max_discharge_w = 4000
driver = "device"
template = "sma_battery"
connection = "bus"
unit = 3
serial = "3012345678"

[[assets]]
id = "rod"
kind = "load"
rated_w = 2000
driver = "device"
host = "192.0.2.41"
[assets.load]
control = "switch"
read.load_w = { input = 1 }
target = [
    { coil = 0, value = "on" },
]
release = [{ coil = 0, value = 0 }]
volatile = true

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}, {}]
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "site.toml"


def read(path, text):
    path.write_text(text)
    return read_site_file(path)


def one_per_block(path):
    """The site as it is written above, with as many blocks as the schedule needs."""
    for count in range(1, 200):
        text = SITE.replace("[{}, {}, {}, {}, {}, {}]", str([{}] * count))
        try:
            read(path, text)
        except Refused:
            continue
        return text
    raise AssertionError("no number of blocks will do")


def test_a_device_of_a_site_file_is_opened_without_a_word_to_it(path):
    site = read(path, one_per_block(path))
    battery, rod = site.assets
    assert battery.driver_type.words(battery.options) == "sma_battery, unit 3"
    assert battery.asset.unscheduled == "release"
    links = SharedLinks()
    for asset in (battery, rod):
        context = DriverContext(
            asset_id=asset.id,
            kind=asset.asset.kind,
            ratings=asset.ratings,
            watts_per_step=1,
            now_s=lambda: 0.0,
            link=links,
            connection=site.connection_of(asset),
        )
        device = asset.driver_type.open(asset.options, context)
        assert device.only_read_for is None
        device.close()


@pytest.mark.parametrize(
    ("was", "becomes", "where", "what"),
    [
        ('"sma_battery"', '"sma_batery"', ":20: assets[0].template", "did you mean sma_battery?"),
        ("unit = 3", "unit = 300", ":22: assets[0].unit", "300"),
        ("unit = 3", "unti = 3", ":22: assets[0].unti", "did you mean unit?"),
        ("unit = 3", 'usage = "pv"', ":22: assets[0].usage", "the device has grid, battery"),
        ('template = "sma_battery"', "", ":13: assets[0].template", "there must be a template or one of"),
        (
            '"sma_battery"',
            '"victron_gx"',
            ":23: assets[0].serial",
            "nothing says where the device has its serial number",
        ),
        ("volatile = true", "rewrite_s = 5", "assets[1].load", "rewriting wears a stored register"),
        ("{ coil = 0, value", "{ coil = -1, value", "assets[1].load", "-1"),
        ("timeout_s = 1.0", "timeout_s = 0", ":11: connections[0].timeout_s", "0"),
        ('host = "192.0.2.40"', "", "connections[0].host", "is missing"),
        ('over = "tcp"', 'over = "serial"', ":9: connections[0].over", "a serial line needs device"),
        ("timeout_s = 1.0", "quarantine_s = [9, 5]", ":11: connections[0].quarantine_s", "longer than the longest"),
        ('connection = "bus"', "", ":13: assets[0].connection", "is missing, and there is no host either"),
        ("unit = 3", 'host = "192.0.2.4"', ":22: assets[0].host", "connection bus says it already"),
        ("unit = 3", "port = 502", ":22: assets[0].port", "connection bus says it already"),
        ("unit = 3", 'unscheduled = "releas"', ":22: assets[0].unscheduled", "did you mean release?"),
        ('kind = "storage"', 'kind = "producer"', ":15: assets[0].kind", "no usage fits for kind producer"),
        ('kind = "storage"', "", "assets[0].kind", "several usages fit without a kind: the device has grid (meter)"),
        (
            'template = "sma_battery"\nconnection = "bus"\nunit = 3\nserial = "3012345678"',
            'usage = "battery"\ntemplate = "fronius_solar_api"\nconnection = "bus"',
            ":22: assets[0].connection",
            "bus is of type modbus, the device is behind http",
        ),
    ],
)
def test_faults_have_their_line(path, was, becomes, where, what):
    text = one_per_block(path)
    assert was in text
    with pytest.raises(Refused) as caught:
        read(path, text.replace(was, becomes, 1))
    found = [f"{fault.field}: {fault.message}" for fault in caught.value.faults]
    assert any(where in one and what in one for one in found), found


def test_the_usage_is_that_of_the_assets_kind(path):
    (battery, rod) = read(path, one_per_block(path)).assets
    assert battery.options.usage_for(AssetKind.METER)[0] == "grid"
    assert battery.options.usage_for(AssetKind.STORAGE)[0] == "battery"
    assert rod.options.usage_for(None)[0] == "load"
    with pytest.raises(Refused, match="no usage fits for kind producer"):
        battery.options.usage_for(AssetKind.PRODUCER)
    with pytest.raises(Refused, match="several usages fit without a kind"):
        battery.options.usage_for(None)


def test_a_template_of_ones_own_stands_beside_the_site_file(path, tmp_path, monkeypatch):
    text = one_per_block(path).replace('"sma_battery"', '"./mine.toml"')
    with pytest.raises(Refused, match=r"assets\[0\]\.template: .*mine\.toml: cannot be read"):
        read(path, text)
    mine, _ = template_text("sma_battery")
    (tmp_path / "mine.toml").write_text(mine)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read(path, text).assets[0].options.usage_for(AssetKind.STORAGE)[0] == "battery"
    (tmp_path / "mine.toml").write_text(mine.replace("rewrite_s = 20", "rewrite_s = 20\nexpires_s = 30"))
    with pytest.raises(Refused, match=r"mine\.toml:\d+: battery\.rewrite_s: 20 is above half of expires_s, 15"):
        read(path, text)


def test_the_example_of_the_documentation_is_a_template():
    page = (Path(__file__).parents[3] / "docs" / "device-templates.md").read_text()
    example = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    template = parse_template(example, label="device-templates.md", parameters={"timer_s": 90})
    assert template.usages["battery"].rewritten_every_s == 30


@pytest.mark.parametrize(("said", "waited"), [({}, "0.09"), ({"wait_s": 0.05}, "0.05")])
def test_a_request_stands_in_line_for_nine_tenths_of_the_period_unless_told(said, waited):
    context = DriverContext(
        asset_id="battery",
        kind=AssetKind.STORAGE,
        ratings=Ratings(),
        watts_per_step=1,
        now_s=time.monotonic,
        link=SharedLinks(),
        period_s=0.1,
    )
    options = ModbusOptions.model_validate({"host": "192.0.2.40"} | said)
    link = modbus_link(options, ConnectionDefaults(), context=context, clock=MonotonicClock())
    with link.turn(1, is_write=True), pytest.raises(LinkBusy, match=f"for {waited} s"), link.turn(2, is_write=True):
        pass
