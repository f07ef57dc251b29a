"""A site file is refused before anything starts, with the line of each fault."""

import pytest

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Asset, AssetKind
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.check.planning import describe_homes
from energy_manager.entrypoints.container.appliances import habits, site_homes
from energy_manager.entrypoints.container.devices.devices import drivers_of
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import Settings, StoreSettings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file

GOOD = """\
[site]
name = "small"

[[assets]]
id = "asset_1"
driver = "shared"
potential = [1, 2, 3, 4, 5]

[[assets]]
id = "asset_2"
driver = "shared"

[schedule]
driver = "shared"
blocks = [{ asset_1 = 1 }, { asset_1 = 1 }, { asset_1 = 1 }, { asset_1 = 1 }, { asset_1 = 1 }]
"""


@pytest.fixture(autouse=True)
def store_of_its_own(monkeypatch):
    """``check`` looks into the store; that of whoever runs the tests is none of their business."""
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")


@pytest.fixture
def faults_of(tmp_path):
    def faults_of(text):
        path = tmp_path / "site.toml"
        path.write_text(text)
        with pytest.raises(Refused) as refusal:
            read_site_file(path)
        return [(fault.field.removeprefix(str(path)), fault.message) for fault in refusal.value.faults]

    return faults_of


def test_a_good_file_is_read(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(GOOD)
    site = read_site_file(path)
    assert [asset.id for asset in site.assets] == ["asset_1", "asset_2"]
    assert site.assets[0].options.potential == [1, 2, 3, 4, 5]
    assert site.assets[1].options.potential is None
    assert site.site.power_unit == "kW"


def test_the_demo_is_a_good_file():
    assert len(read_site_file(DEMO_SITE).assets) == 3


@pytest.mark.parametrize(
    ("was", "becomes", "field", "message"),
    [
        ('"asset_2"', '"asset_1"', ":10: assets[1].id", "'asset_1': another asset has this id already"),
        ("[1, 2, 3, 4, 5]", "[1, 2]", ":7: assets[0].potential", "[1, 2]: there must be 5 values, one per time block"),
        ("[1, 2, 3, 4, 5]", "[1, 2, -3, 4, 5]", ":7: assets[0].potential[2]", "-3: input should be greater"),
        ("potential", "potentials", ":7: assets[0].potentials", "there is no such key; did you mean potential?"),
        ("name", "nmae", ":2: site.nmae", "there is no such key; did you mean name?"),
        ("[schedule]", "[shedule]", ":13: shedule", "there is no such key; did you mean schedule?"),
        ('driver = "shared"\npot', 'driver = "modbus"\npot', ":6: assets[0].driver", "'modbus'"),
        ("{ asset_1 = 1 }]", "{ asset_1 = 1.5 }]", ":15: schedule.blocks[4].asset_1", "1.5"),
        ("{ asset_1 = 1 }]", "]", ":15: schedule.blocks", "and there are 4"),
        ('id = "asset_2"', 'id = ""', ":10: assets[1].id", "''"),
        ('id = "asset_2"', 'id = "a"\nexception_chance = 2', ":11: assets[1].exception_chance", "2"),
        ('id = "asset_2"', 'id = "a"\nsleep_multiplier = inf', ":11: assets[1].sleep_multiplier", "inf"),
        ('name = "small"', 'name = "small"\npower_unit = "hp"', ":3: site.power_unit", "'hp'"),
        ('name = "small"', "name = ", "", "is no TOML"),
    ],
)
def test_a_fault_is_named_with_line_field_value_and_limit(faults_of, was, becomes, field, message):
    found = faults_of(GOOD.replace(was, becomes, 1))
    assert any(said_field == field and message in said for said_field, said in found), found


def test_a_missing_part_is_said(faults_of):
    assert (": site", "is missing") in faults_of(GOOD.partition("[[assets]]")[1] + GOOD.partition("[[assets]]")[2])


def test_a_site_may_have_no_schedule_of_its_own(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(GOOD.partition("[schedule]")[0])
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=read_site_file(path))
    assert container.schedule().read(wait_s=0.0).targets == {}
    told = "\n".join(describe(path))
    assert "schedule: none of the site's own; stored schedules and plans are followed" in told
    assert "asset_1: driver shared, potential 1, 2, 3, 4, 5; is not in the schedule, so it is always told 0" in told


IN_A_FILE = GOOD.partition("[schedule]")[0] + '[schedule]\ndriver = "file"\npath = "day.csv"\n'


def test_a_schedule_may_be_in_a_file_beside_the_site_file(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(IN_A_FILE.replace('name = "small"', 'name = "small"\ntime_zone = "Europe/Brussels"'))
    (tmp_path / "day.csv").write_text("start,end,asset,target\n00:00,24:00,asset_1,7\n")
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=read_site_file(path))
    reading = container.schedule().read(wait_s=0.0)
    assert (reading.targets, reading.decided_by) == ({"asset_1": 7}, {"asset_1": "shared"})
    told = "\n".join(describe(path))
    assert f"schedule: {tmp_path / 'day.csv'}, daily, 1 entries, times of Europe/Brussels" in told
    assert "potential 1, 2, 3, 4, 5; follows the schedule unless a stored one speaks for it" in told
    assert "asset_2: driver shared, no potential, so it counts as able to deliver nothing; is not in the sched" in told


def test_a_fault_in_the_schedule_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(IN_A_FILE)
    (tmp_path / "day.csv").write_text("start,end,asset,target\n00:00,24:00,asset_9,7\n")
    with pytest.raises(Refused) as refusal:
        read_site_file(path)
    ((fault),) = refusal.value.faults
    assert fault.field == f"{tmp_path / 'day.csv'}:2"
    assert fault.message.startswith("'asset_9': the site has no asset of this name that takes targets; did you mean")


@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        ('"file"', '"fiel"', ":14: schedule.driver", "unknown driver 'fiel'; available: file, shared"),
        ('driver = "file"', "", ":13: schedule.driver", "is missing"),
        ("path", "pth", ":15: schedule.pth", "there is no such key; did you mean path?"),
        ('path = "day.csv"', "", ":13: schedule.path", "is missing"),
        ('"day.csv"', '"day.csv"\ntime_zone = "Mars"', ":16: schedule.time_zone", "'Mars': is no time zone"),
        (
            '"day.csv"',
            '"day.csv"\ntime_zone = "europe/brusels"',
            ":16: schedule.time_zone",
            "is no time zone; did you mean Europe/Brussels?",
        ),
    ],
)
def test_a_fault_in_the_schedules_table_is_named(faults_of, was, becomes, place, message):
    found = dict(faults_of(IN_A_FILE.replace(was, becomes)))
    assert message in found[place]


def test_several_faults_are_all_listed(faults_of):
    assert len(faults_of(GOOD.replace("driver", "drivre"))) >= 3


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(Refused, match="cannot be read"):
        read_site_file(tmp_path / "none.toml")
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="UTF-8"):
        read_site_file(path)


PCC = """\
[site]
name = "shaved"

[[assets]]
id = "battery"
driver = "simulated_storage"
capacity_kwh = 60
stored_kwh = 40
max_charge_kw = 60
max_discharge_kw = 60

[[assets]]
id = "grid_meter"
driver = "simulated_meter"
load = { level_kw = 38, peak_kw = 40, every_s = 15, lasts_s = 15 }

[pcc]
meter = "grid_meter"
storage = "battery"
import_limit_kw = 50
export_limit_kw = 20

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


def test_a_grid_connection_with_meter_and_storage_is_read(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(PCC)
    site = read_site_file(path)
    assert site.described.controllable == ("battery",), "a meter is told nothing"
    assert site.described.grid_connection.import_limit_kw == 50
    assert site.described.asset("battery").ratings.capacity_wh == 60_000
    assert site.assets[1].options.load.level_kw == 38


@pytest.mark.parametrize(
    ("was", "becomes", "field", "message"),
    [
        (
            'meter = "grid_meter"',
            'meter = "battery"',
            ":18: pcc.meter",
            "of kind meter, for it is the meter of the grid",
        ),
        (
            'storage = "battery"',
            'storage = "none"',
            ":19: pcc.storage",
            "of kind storage, for it is the storage that keeps",
        ),
        ("import_limit_kw = 50", "import_limit_kw = -1", ":20: pcc.import_limit_kw", "-1"),
        ("import_limit_kw", "import_limit", ":20: pcc.import_limit", "did you mean import_limit_kw?"),
        ("capacity_kwh", "capacity", ":7: assets[0].capacity", "did you mean capacity_wh?"),
        ("level_kw", "level", ":15: assets[1].load.level", "there is no such key"),
    ],
)
def test_a_fault_in_the_grid_connection_is_named(faults_of, was, becomes, field, message):
    found = faults_of(PCC.replace(was, becomes, 1))
    assert any(said_field == field and message in said for said_field, said in found), found


def test_a_storage_and_a_meter_need_no_role(tmp_path):
    site = read(tmp_path, PCC.partition("[pcc]")[0] + "[schedule]" + PCC.partition("[schedule]")[2])
    assert site.described.controllable == ("battery",)
    assert site.described.grid_connection is None


def read(tmp_path, text):
    path = tmp_path / "site.toml"
    path.write_text(text)
    return read_site_file(path)


def test_limits_of_assets_are_read_and_a_file_without_them_has_none(tmp_path):
    assert read(tmp_path, GOOD).described.limited_assets == ()
    limits = 'id = "asset_1"\nkind = "producer"\nmax = 250\nramp = 20'
    site = read(tmp_path, GOOD.replace('id = "asset_1"', limits))
    assert site.described.limited_assets == (Asset(id="asset_1", kind=AssetKind.PRODUCER, max_power=250, ramp=20),)
    assert read(tmp_path, PCC).described.limited_assets == (), (
        "a storage and a meter of their drivers' kinds are not limited by that"
    )


def test_a_meter_of_the_shared_module_is_told_nothing(tmp_path):
    assert read(tmp_path, GOOD.replace('id = "asset_2"', 'id = "m"\nkind = "meter"')).described.controllable == (
        "asset_1",
    )


@pytest.mark.parametrize(
    ("said", "place", "message"),
    [
        ('kind = "producer"\nmin = -5', ":12: assets[1].min", "-5 is below 0, which only a storage or a load"),
        ('kind = "storage"\nmin = 9\nmax = 8', ":12: assets[1].min", "9 is above the max, 8"),
        ('kind = "load"\nmax = 8', ":12: assets[1].max", "a load delivers nothing"),
        ('kind = "meter"\nramp = 8', ":12: assets[1].ramp", "a meter is told nothing"),
        ("ramp = 0", ":11: assets[1].ramp", "at least 1 a tick"),
        ("max = 1.5", ":11: assets[1].max", "1.5: input should be a valid integer"),
        ('kind = "pump"', ":11: assets[1].kind", "'pump'"),
        ("mx = 5", ":11: assets[1].mx", "did you mean max?"),
    ],
)
def test_limits_that_cannot_be_are_refused_with_their_line(faults_of, said, place, message):
    found = faults_of(GOOD.replace('id = "asset_2"', f'id = "asset_2"\n{said}'))
    assert any(field == place and message in sentence for field, sentence in found), found


def test_a_simulated_storage_is_a_storage(faults_of):
    found = faults_of(PCC.replace('id = "battery"', 'id = "battery"\nkind = "load"'))
    assert found == [(":6: assets[0].kind", "'load': an asset of driver simulated_storage is a storage")]


PLANNED = PCC + "\n[planning.peak_shaving]\nperiod_min = 5\nprefer = 'early'\n"


def test_the_planning_of_the_storage_is_read(tmp_path):
    entry = read(tmp_path, PLANNED).planning.peak_shaving
    assert (entry.period_min, entry.prefer, entry.step_s, entry.horizon_h) == (5.0, "early", 900, 24.0)
    assert read(tmp_path, PCC).planning.peak_shaving is None


@pytest.mark.parametrize(
    ("was", "becomes", "place", "message"),
    [
        ("period_min = 5", "period = 5", ":28: planning.peak_shaving.period", "did you mean period_min?"),
        ("period_min = 5", "period_min = 0", ":28: planning.peak_shaving.period_min", "0"),
        ("'early'", "'soon'", ":29: planning.peak_shaving.prefer", "'soon'"),
        (
            "[planning.peak_shaving]",
            "[planning.peak_shavin]",
            ":27: planning.peak_shavin",
            "did you mean peak_shaving?",
        ),
        ("[planning.peak_shaving]", "[plannin.peak_shaving]", ":27: plannin", "did you mean planning?"),
    ],
)
def test_a_fault_in_the_planning_is_named_with_its_line(faults_of, was, becomes, place, message):
    found = faults_of(PLANNED.replace(was, becomes))
    assert any(field == place and message in sentence for field, sentence in found), found


def test_planning_without_a_grid_connection_is_refused(faults_of):
    found = faults_of(GOOD + "\n[planning.peak_shaving]\n")
    assert found == [
        (
            ":17: planning.peak_shaving",
            "there must be a table [pcc], with the storage that is planned and the limits that it keeps",
        )
    ]


HOMES = """\
[site]
name = "homes"
power_unit = "W"

[[households]]
id = "home"
threshold_w = 3000
time_zone = "Europe/Brussels"
battery = { capacity_wh = 4000, power_w = 1000, stored_wh = 500 }

[[assets]]
id = "oven"
driver = "simulated_appliance"
household = "home"
rated_power_w = 2400
duration_min = 45
asked_every_s = 60

[[assets]]
id = "lamp"
driver = "simulated_appliance"
household = "home"
appliance = "Lamp"
rated_power_w = 60

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


BATTERY = """\
[[assets]]
id = "cellar"
driver = "simulated_storage"
capacity_kwh = 4
stored_kwh = 0.5
max_charge_kw = 1
max_discharge_kw = 1

[schedule]
"""


def with_home_battery(asset="cellar"):
    said = HOMES.replace("stored_wh = 500 }", f'stored_wh = 500, asset = "{asset}" }}')
    return said.replace("[schedule]\n", BATTERY)


def test_a_homes_battery_is_simulated_by_itself_and_told_of(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(with_home_battery())
    site = read_site_file(path)
    (home,) = site_homes(site)
    assert home.document["battery"]["asset"] == "cellar"
    clock = FakeClock()
    battery = drivers_of(site, clock)["cellar"]()
    battery.write(-1000)
    clock.sleep_until(30)
    assert battery.read().power_w == pytest.approx(-1000)
    told = "\n".join(describe(path))
    assert "charges up to 1 kW, discharges up to 1 kW; is told what household home plans for its battery" in told


@pytest.mark.parametrize("asset", ["oven", "attic"])
def test_a_homes_battery_is_a_device_of_its_own_that_takes_targets(faults_of, asset):
    found = dict(faults_of(with_home_battery(asset)))
    sentence = f"{asset!r}: there must be an asset of this id of kind storage, for it is the battery of a household"
    assert found == {":9: households[0].battery.asset": sentence}


def test_two_homes_do_not_share_a_battery(faults_of):
    flat = """\
[[households]]
id = "flat"
threshold_w = 3000
battery = { capacity_wh = 4000, power_w = 1000, stored_wh = 500, asset = "cellar" }
"""
    ((field, message),) = faults_of(with_home_battery() + flat)
    assert field == ":40: households[1].battery.asset"
    assert "the battery of another household already" in message


def test_an_appliance_draws_nothing_between_its_runs_and_is_released_at_the_end_if_its_driver_can(tmp_path):
    path = tmp_path / "site.toml"
    charger = '[[assets]]\nid = "charger"\ndriver = "ocpp"\nconnection = "chargers"\nrated_w = 3680\n'
    path.write_text(
        '[site]\nname = "home"\npower_unit = "W"\n[[households]]\nid = "home"\nthreshold_w = 3000\n'
        '[[connections]]\nid = "chargers"\ndriver = "ocpp"\nhost = "127.0.0.1"\nport = 9000\n'
        + charger
        + charger.replace('"charger"', '"car"')
        + 'household = "home"\n'
    )
    described = read_site_file(path).described
    assert described.unscheduled_targets == {"charger": None}
    assert described.fallback_targets == {"charger": None, "car": None}
    assert described.releasable == {"charger", "car"}


def test_homes_are_read_and_told_of(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(HOMES)
    site = read_site_file(path)
    (home,) = site_homes(site)
    assert home.document["battery"]["stored_wh"] == 500
    assert list(home.appliances) == ["oven", "Lamp"]
    assert home.appliances["Lamp"]["asset"] == "lamp"
    assert [(habit.appliance, habit.every_s) for habit in habits(site)] == [("oven", 60)]
    told = "\n".join(describe(path))
    assert "oven of household home, draws 2400 W for 45 min; is switched by its runs, asked for every 60 s" in told
    assert "Lamp of household home, draws 60 W until it is ended; is switched by its runs" in told
    assert "household home: at most 3000 W, a battery of 4000 Wh; is not measured" in told


@pytest.mark.parametrize(
    ("was", "becomes", "field", "message"),
    [
        (
            '[[assets]]\nid = "oven"',
            '[[households]]\nid = "home"\nthreshold_w = 1\n[[assets]]\nid = "oven"',
            ":12: households[1].id",
            "'home': another household has this id already",
        ),
        ("Europe/Brussels", "Europe/Atlantis", ":8: households[0].time_zone", "'Europe/Atlantis': is no time zone"),
        ("threshold_w = 3000", "threshold_w = 0", ":7: households[0].threshold_w", "0: input should be greater than 0"),
        ("threshold_w", "treshold_w", ":7: households[0].treshold_w", "no such key; did you mean threshold_w?"),
        ("capacity_wh", "capacity", ":9: households[0].battery.capacity", "no such key; did you mean capacity_wh?"),
        (
            "time_zone =",
            'meter = "oven"\ntime_zone =',
            ":8: households[0].meter",
            "of kind meter, for it is the meter of a household",
        ),
        ('household = "home"\nrated', 'household = "flat"\nrated', ":14: assets[0].household", "in households"),
        ('appliance = "Lamp"', 'appliance = "oven"', ":23: assets[1].appliance", "has this name already"),
        ("rated_power_w = 60", "rated_power_w = -60", ":24: assets[1].rated_power_w", "-60: input should be greater"),
    ],
)
def test_a_fault_in_a_home_is_named(faults_of, was, becomes, field, message):
    assert HOMES.count(was) >= 1
    found = dict(faults_of(HOMES.replace(was, becomes, 1)))
    assert message in found[field]


@pytest.mark.parametrize("driver", ["", 'driver = "http"\nbase_url = "http://h"\n'])
def test_home_assistant_needs_a_broker_among_the_connections(faults_of, driver):
    connections = f'[[connections]]\nid = "broker"\n{driver}' if driver else ""
    ((field, message),) = faults_of(f'{GOOD}{connections}[home_assistant]\nconnection = "broker"\n')
    assert field.endswith("home_assistant.connection")
    assert message == "'broker': there must be an entry of this id and driver = \"mqtt\" in connections"


def test_a_topic_of_home_assistant_has_no_wildcards(faults_of):
    found = faults_of(f'{GOOD}[home_assistant]\nconnection = "b"\nbase_topic = "home/#"\nordre_min = 5\n')
    assert {field.rpartition(" ")[2] for field, _ in found} == {"home_assistant.base_topic", "home_assistant.ordre_min"}
    assert ("there is no such key; did you mean order_min?") in [message for _, message in found]


MONEY_HOME = (
    GOOD
    + """
[[households]]
id = "home"
threshold_w = 3000
strategy = "cost"
"""
)


def test_a_home_that_goes_by_money_needs_a_tariff(faults_of):
    sentence = "'cost': there must be a table [tariff] that says what a kWh costs"
    assert faults_of(MONEY_HOME) == [(":20: households[0].strategy", sentence)]


def test_a_home_goes_by_the_tariff_of_the_site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(MONEY_HOME + '\n[tariff]\ncurrency = "EUR"\n')
    site = read_site_file(path)
    assert [home.document["strategy"] for home in site_homes(site)] == ["cost"]
    assert any("is not measured; goes by [tariff]" in line for line in describe_homes(site))
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=site)
    assert container.keep_homes_priced().rates == container.prices().rates


def test_a_site_without_a_tariff_has_no_prices_for_homes(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(GOOD)
    container = Container(settings=Settings(store=StoreSettings(url="memory:")), site=read_site_file(path))
    assert container.keep_homes_priced() is None


def test_a_source_without_its_token_stops_the_sites_that_have_homes(tmp_path):
    path = tmp_path / "site.toml"
    prices = '\n[tariff]\ncurrency = "EUR"\n[prices]\nsource = "tibber"\n'
    settings = Settings(store=StoreSettings(url="memory:"))
    path.write_text(GOOD + prices)
    assert Container(settings=settings, site=read_site_file(path)).keep_homes_priced() is None
    path.write_text(MONEY_HOME + prices)
    with pytest.raises(Refused, match="ENERGY_MANAGER_PRICES__TOKEN"):
        Container(settings=settings, site=read_site_file(path)).keep_homes_priced()


PROFILE_HOME = (
    GOOD
    + """
[[households]]
id = "home"
threshold_w = 3000

[[assets]]
id = "washer"
driver = "simulated_appliance"
household = "home"
rated_power_w = 2000
profile_w = { resolution_min = 15, values = [2000, 300, 0, 500] }
"""
)


def test_an_appliance_may_have_a_power_profile(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(PROFILE_HOME)
    (home,) = site_homes(read_site_file(path))
    assert home.appliances["washer"]["profile_w"] == {"resolution_min": 15.0, "values": [2000, 300, 0, 500]}
    assert not home.appliances["washer"].keys() & {"power_w", "duration_min"}


@pytest.mark.parametrize(
    ("words", "wrong", "field", "sentence"),
    [
        ("500]", "2500]", "assets[2].profile_w.values", "is above its rating of 2000 W"),
        ("500]", "-1]", "assets[2].profile_w.values[3]", "greater than or equal to 0"),
        ("[2000, 300, 0, 500]", "[0, 0]", "assets[2].profile_w.values", "all are 0 W"),
        ("resolution_min = 15", "resolution_min = 0", "assets[2].profile_w.resolution_min", "greater than 0"),
        ("profile_w", "duration_min = 5\nprofile_w", "assets[2].duration_min", "profile_w says it already"),
        ("profile_w", "interruptible = true\nprofile_w", "assets[2].interruptible", "is never paused"),
    ],
)
def test_a_power_profile_that_cannot_be_is_refused(faults_of, words, wrong, field, sentence):
    faults = faults_of(PROFILE_HOME.replace(words, wrong))
    assert any(field in place and sentence in message for place, message in faults)


@pytest.mark.parametrize("name", ["", "a\\u001b[31m", "a\\u202eb", "x" * 201])
@pytest.mark.parametrize("key", ['name = "one"', 'id = "oven"', 'id = "bus"'])
def test_names_that_no_list_can_show_are_refused_where_they_stand(faults_of, key, name):
    connection = '[[connections]]\nid = "bus"\ndriver = "modbus"\nhost = "10.0.0.1"\n'
    text = f'[site]\nname = "one"\n{connection}[[assets]]\nid = "oven"\ndriver = "simulated_load"\n'
    place = text[: text.index(key)].count("\n") + 1
    faults = [str(fault) for fault in faults_of(text.replace(key, f'{key.split(" = ")[0]} = "{name}"'))]
    assert any(f":{place}: " in fault and "must be 1 to 200 printable characters" in fault for fault in faults), faults
