"""A driver is one file and one line of the registry; another package brings its own as an entry point."""

import sys
import textwrap

import pytest
from pydantic import BaseModel, ConfigDict, Field
from starlette.testclient import TestClient

from energy_manager.adapters.devices import Connection, ConnectionType, DriverType, Measurement, registry
from energy_manager.adapters.devices.registry import Registry
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import read_site_file
from tests.support.waiting import eventually

# The one file ------------------------------------------------------------------------------------


class ToyOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colour: str
    gears: int = Field(1, ge=1)


class Toy:
    def __init__(self, options, context):
        self.context = context
        self.told = []

    def write(self, setpoint_w):
        self.told.append(setpoint_w)

    def read(self):
        return Measurement(power_w=-250, lowest_w=-1000, highest_w=2000, stored_wh=600)

    def close(self):
        pass


def open_toy(options, context):
    return Toy(options, context)


TOY = DriverType(name="toy", options=ToyOptions, kinds=frozenset({"storage"}), open=open_toy, unscheduled="release")


class BusOptions(BaseModel):
    host: str
    port: int = 502


BUS = ConnectionType(name="bus", options=BusOptions)

# ------------------------------------------------------------------------------------------------

SITE = """\
[site]
name = "playroom"
power_unit = "W"

[[connections]]
id = "cable"
driver = "bus"
host = "toys.example"

[[assets]]
id = "robot"
driver = "toy"
connection = "cable"
colour = "red"

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


@pytest.fixture(autouse=True)
def store_of_its_own(monkeypatch):
    """``check`` looks into the store; that of whoever runs the tests is none of their business."""
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")


@pytest.fixture
def toys(monkeypatch):
    monkeypatch.setitem(registry.DRIVERS, "toy", f"{__name__}:TOY")
    monkeypatch.setitem(registry.CONNECTIONS, "bus", f"{__name__}:BUS")


def seen_from_outside(container):
    """What the API's site and the metrics say, over HTTP as the product serves it."""
    api = container.api()
    try:
        client = TestClient(api.app, base_url="http://127.0.0.1")
        return client.get("/api/v1/site").json(), client.get("/metrics").text
    finally:
        api.close()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def faults_of(path, text):
    path.write_text(text)
    with pytest.raises(Refused) as refusal:
        read_site_file(path)
    return {fault.field.removeprefix(str(path)): fault.message for fault in refusal.value.faults}


def test_its_assets_are_what_the_driver_says_and_its_options_are_its_own(toys, path):
    site = read_site_file(path)
    (robot,) = site.described.assets
    assert (robot.kind, robot.unscheduled_target, robot.fallback_target) == ("storage", None, None)
    assert site.assets[0].options == ToyOptions(colour="red")
    assert site.connection_of(site.assets[0]) == Connection(
        id="cable", driver="bus", options=BusOptions(host="toys.example")
    )


@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        ('colour = "red"', "", ":10: assets[0].colour", "is missing"),
        ('colour = "red"', 'color = "red"', ":14: assets[0].color", "there is no such key; did you mean colour?"),
        ("connection =", "conection =", ":13: assets[0].conection", "there is no such key; did you mean connection?"),
        ('colour = "red"', 'colour = "red"\ngears = 0', ":15: assets[0].gears", "0: input should be greater than"),
        ('colour = "red"', 'colour = "red"\nkind = "load"', ":15: assets[0].kind", "an asset of driver toy is a stor"),
        (
            'driver = "toy"',
            'driver = "tyo"',
            ":12: assets[0].driver",
            "unknown driver 'tyo'; available: device, ocpp, shared, simu",
        ),
        ('"cable"\ncolour', '"cord"\ncolour', ":13: assets[0].connection", "there must be an entry of this id in con"),
        ('driver = "bus"', 'driver = "train"', ":7: connections[0].driver", "connection 'train'; available: bus"),
        ("host =", "hots =", ":8: connections[0].hots", "there is no such key; did you mean host?"),
        ('host = "toys.example"', "", ":5: connections[0].host", "is missing"),
        ("[[assets]]", '[[connections]]\nid = "cable"\n[[assets]]', ":10: connections[1].driver", "is missing"),
    ],
)
@pytest.mark.usefixtures("toys")
def test_its_faults_have_a_line_and_near_misses(path, was, becomes, place, message):
    found = faults_of(path, SITE.replace(was, becomes, 1))
    assert place in found, found
    assert message in found[place]


def test_check_tells_of_it(toys, path):
    told = "\n".join(describe(path))
    assert "  robot: driver toy, colour red; is not in the schedule" in told


def wired(path):
    site = read_site_file(path)
    return Container(settings=Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:")), site=site)


def test_the_page_and_the_metrics_tell_of_it(toys, path):
    container = wired(path)
    container.devices().request_statuses(due_s=0.0)
    assert eventually(container.statuses().latest)
    (robot,) = container.read_site_state()().assets
    assert (robot.id, robot.output, robot.lowest, robot.highest, robot.stored_wh) == ("robot", -250, -1000, 2000, 600)
    site, metrics = seen_from_outside(container)
    assert site["assets"][0]["output"] == -250
    assert 'energy_manager_output_watts{asset="robot"} -250.0' in metrics


def test_two_devices_of_one_site_share_their_links(toys, tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(SITE + '\n[[assets]]\nid = "doll"\ndriver = "toy"\ncolour = "blue"\n')
    robot, doll = (opens() for opens in wired(path).drivers().values())
    assert robot.context.link("bus", object) is doll.context.link("bus", object)
    assert (robot.context.watts_per_step, robot.context.connection.id, doll.context.connection) == (1, "cable", None)


def test_options_may_not_take_the_keys_of_every_asset(toys, monkeypatch, path):
    class Greedy(BaseModel):
        ramp: float = 1.0

    greedy = DriverType(name="toy", options=Greedy, kinds=frozenset({"storage"}), open=open_toy)
    monkeypatch.setattr(sys.modules[__name__], "TOY", greedy)
    found = faults_of(path, SITE)
    assert found[":12: assets[0].driver"].endswith("its options take keys that every asset has: ramp")


def test_a_driver_of_several_kinds_must_be_told_which(toys, monkeypatch, path):
    both = DriverType(name="toy", options=ToyOptions, kinds=frozenset({"storage", "load"}), open=open_toy)
    monkeypatch.setattr(sys.modules[__name__], "TOY", both)
    assert faults_of(path, SITE)[":10: assets[0].kind"] == "is missing: load or storage"


# As another package ------------------------------------------------------------------------------

PACKAGE = """
from pydantic import BaseModel
from energy_manager.adapters.devices import DriverType, Measurement

class Options(BaseModel, extra="forbid"):
    wheels: int = 4

class Cart:
    def write(self, setpoint_w): ...
    def read(self): return Measurement(power_w=-30.0)
    def close(self): ...

CART = DriverType(name="cart", options=Options, kinds=frozenset({"load"}), open=lambda options, context: Cart())
NOT_A_DRIVER = 7
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with entry points, as pip would have left it on the path."""

    def install(entry_points):
        place = tmp_path / "site-packages"
        (place / "toy_carts-1.0.dist-info").mkdir(parents=True)
        (place / "toy_carts.py").write_text(PACKAGE)
        (place / "toy_carts-1.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: toy-carts\nVersion: 1.0\n"
        )
        said = "[energy_manager.drivers]\n" + textwrap.dedent(entry_points)
        (place / "toy_carts-1.0.dist-info" / "entry_points.txt").write_text(said)
        monkeypatch.syspath_prepend(str(place))
        monkeypatch.delitem(sys.modules, "toy_carts", raising=False)

    yield install
    sys.modules.pop("toy_carts", None)


CARTS = """\
[site]
name = "carts"
power_unit = "W"

[[assets]]
id = "cart"
driver = "cart"
wheels = 6

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


def test_an_installed_driver_is_found_by_its_entry_point(installed, path):
    installed("cart = toy_carts:CART")
    path.write_text(CARTS)
    container = wired(path)
    assert "  cart: driver cart, wheels 6; is not in the schedule" in "\n".join(describe(path))
    container.devices().request_statuses(due_s=0.0)
    assert eventually(container.statuses().latest)
    (cart,) = container.read_site_state()().assets
    assert cart.id == "cart"
    site, metrics = seen_from_outside(container)
    assert (site["assets"][0]["id"], site["assets"][0]["output"]) == ("cart", -30)
    assert 'energy_manager_output_watts{asset="cart"} -30.0' in metrics
    found = faults_of(path, CARTS.replace("wheels", "weels"))
    assert found == {":8: assets[0].weels": "there is no such key; did you mean wheels?"}
    assert "cart" in [driver.name for driver in Registry().drivers()]


@pytest.mark.parametrize(
    ("entry_point", "reason"),
    [
        ("cart = toy_carts:MISSING", "has no attribute 'MISSING'"),
        ("cart = no_such_package:CART", "No module named 'no_such_package'"),
        ("cart = toy_carts:NOT_A_DRIVER", "toy_carts:NOT_A_DRIVER is no DriverType but int"),
    ],
)
def test_an_installed_driver_that_cannot_be_used_is_refused_where_it_is_named(installed, path, entry_point, reason):
    installed(entry_point)
    found = faults_of(path, CARTS)
    assert found[":7: assets[0].driver"].startswith("the entry point energy_manager.drivers: cart cannot be used: ")
    assert reason in found[":7: assets[0].driver"]
    assert "cart" not in [driver.name for driver in Registry().drivers()]


def test_an_entry_point_has_the_name_of_its_driver(installed, path):
    installed("wagon = toy_carts:CART")
    found = faults_of(path, CARTS.replace('driver = "cart"', 'driver = "wagon"'))
    assert found[":7: assets[0].driver"].endswith("toy_carts:CART is the driver 'cart'")


def test_a_built_in_driver_goes_before_an_entry_point_of_its_name(installed, path):
    installed("shared = toy_carts:NOT_A_DRIVER")
    assert Registry().driver("shared").name == "shared"
