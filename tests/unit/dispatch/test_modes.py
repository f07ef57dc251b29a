"""A storage that knows no powers is told the mode that the band is, and what comes nearest where a limit decides."""

import pytest

from energy_manager.adapters.devices.templated.channels.over_json import MqttChannel
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templates import read_template
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.application.dispatch import HoldGridLimit, SendTargets
from energy_manager.application.explanation.replay import replay
from energy_manager.application.explanation.sentences import why
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import AssetStatus, ProportionalRedistribution
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.domain.site import Ratings
from energy_manager.domain.storage_value.told_mode import mode_of_power, told_mode
from tests.support.recorded import IN_THE_RECORD
from tests.unit.devices.test_shipped_json_templates import Broker
from tests.unit.least_cost.sites import battery, site
from tests.unit.least_cost.test_guidance import LABEL, guidance

RATINGS = Ratings(max_charge_w=5000, max_discharge_w=5000, capacity_wh=10_000)


@pytest.mark.parametrize(
    ("led", "charge_kw", "told"),
    [
        ("normal", -1.0, "normal"),
        ("hold", 0.0, "hold"),
        # It does not discharge, and a device that holds takes what surplus there is.
        ("store", 1.0, "hold"),
        ("cover", -1.0, "normal"),
        ("charge", 5.0, "charge"),
        ("feed", -5.0, "feed"),
        # The grid connection leaves less than the full power that a mode means.
        ("charge", 3.0, "hold"),
        ("feed", -3.0, "normal"),
        # And less than nothing: the storage must help.
        ("charge", -1.0, "normal"),
        ("feed", 1.0, "normal"),
    ],
)
def test_the_mode_that_is_told(led, charge_kw, told):
    assert told_mode(led, charge_kw=charge_kw, max_charge_kw=5.0, max_discharge_kw=5.0) == told


@pytest.mark.parametrize(("setpoint_w", "told"), [(-300, "charge"), (0, "hold"), (0.0, "hold"), (300, "normal")])
def test_a_power_alone_means_the_nearest_mode(setpoint_w, told):
    assert mode_of_power(setpoint_w) == told


class Told:
    """A gateway that remembers what it was told."""

    asset_ids = ("battery", "meter")

    def __init__(self):
        self.modes = []

    def command(self, targets, *, due_s, modes=None):
        self.modes.append((targets["battery"], (modes or {}).get("battery")))

    def disobeying(self, now_s):
        return {}

    def taken(self):
        return {}


class Statuses:
    def __init__(self, *, import_kw, charge_kw=0.0, stored_kwh=0.0):
        self.import_kw, self.charge_kw, self.stored_kwh = import_kw, charge_kw, stored_kwh

    def latest(self):
        return {
            "battery": AssetStatus(
                output_w=-1000 * self.charge_kw,
                output=-round(self.charge_kw),
                lowest=-5,
                highest=5,
                stored_wh=1000 * self.stored_kwh,
                taken_at_s=0.0,
            ),
            "meter": AssetStatus(output_w=-1000 * self.import_kw, output=0, lowest=0, highest=0, taken_at_s=0.0),
        }


def told(own, statuses, *, scheduled=0, decided_by=LABEL, pinned=None, import_limit_kw=20.0):
    """One tick of the loop; the record, and what the battery was told."""
    limits = GridLimitSettings(
        import_limit_kw=import_limit_kw, export_limit_kw=20.0, max_charge_kw=5.0, max_discharge_kw=5.0, tick_s=2.0
    )
    led = guidance(own)
    devices, journal = Told(), InMemoryJournal()
    reading = ScheduleReading(targets={"battery": scheduled}, decided_by={"battery": decided_by})
    send = SendTargets(
        clock=FakeClock(),
        schedule=InMemorySchedule(reading),
        devices=devices,
        statuses=statuses,
        policy=ProportionalRedistribution(),
        journal=journal,
        schedule_wait_s=0.1,
        status_max_age_s=25.0,
        told=("battery",),
        hold_grid_limit=HoldGridLimit(
            settings=limits,
            meter="meter",
            storage="battery",
            kw_per_step=1.0,
            guidance=lambda: led,
            knows_modes_only=True,
        ),
        **{**IN_THE_RECORD, "time_of": lambda _: own.start},
    )
    send(TickStart(number=1, due_s=0.0, lag_s=0.0))
    (tick,) = [event for event in journal.events if isinstance(event, Tick)]
    return tick, devices.modes[-1]


CHEAP_THEN_DEAR = site([1, 3], buy=[0.1, 0.5], sell=0.0, storages=[battery(max_charge_kw=5.0, max_discharge_kw=5.0)])


def test_the_loop_tells_the_mode_of_the_band_and_records_and_explains_it():
    tick, said = told(CHEAP_THEN_DEAR, Statuses(import_kw=1.0))
    assert said == (-5, "charge")
    assert (tick.hold.mode, tick.hold.told_mode) == ("charge", "charge")
    assert "It knows modes only, and was told 'charge'." in why(tick, "battery")
    assert replay([tick]).sentence().startswith("no difference in 1 tick")


def test_a_price_above_what_energy_is_worth_feeds_in():
    dear = site([0, 0], buy=[0.5, 0.5], sell=[0.4, 0.1], storages=[battery(stored_kwh=4.0, end_value_eur_per_kwh=0.2)])
    tick, said = told(dear, Statuses(import_kw=0.0, stored_kwh=4.0))
    assert said == (5, "feed")
    assert tick.hold.told_mode == "feed"


def test_a_full_battery_is_let_alone_to_take_surplus_and_cover_load():
    tick, (_, mode) = told(CHEAP_THEN_DEAR, Statuses(import_kw=1.0, stored_kwh=9.0))
    assert mode == tick.hold.told_mode == "normal"


def test_charging_that_the_import_limit_cuts_short_is_not_told():
    # 4 kW are left below the limit, and the mode means 5.
    _, (target, mode) = told(CHEAP_THEN_DEAR, Statuses(import_kw=1.0), import_limit_kw=5.0)
    assert -5 < target < 0
    assert mode == "hold"


@pytest.mark.parametrize(("scheduled", "mode"), [(-3, "charge"), (0, "hold"), (3, "normal")])
def test_the_word_of_another_schedule_is_told_as_the_nearest_mode(scheduled, mode):
    tick, said = told(CHEAP_THEN_DEAR, Statuses(import_kw=1.0), scheduled=scheduled, decided_by="manual:by hand")
    assert said == (scheduled, mode)
    assert tick.hold.plan == ""


def test_a_device_that_knows_modes_is_told_each_once_and_released_into_its_own():
    clock = FakeClock()
    broker = Broker(clock)
    usage = read_template("battery_modes", parameters={"topic": "home/battery"}).usages["battery"]
    device = TemplatedDevice("battery", usage, MqttChannel(broker, usage), kind="storage", clock=clock, ratings=RATINGS)
    broker.hear("home/battery/charge_w", 500)
    broker.hear("home/battery/soc", 50)
    measured = device.read()
    assert (measured.power_w, measured.stored_wh) == (-500, 5000)
    assert measured.follows, "it has no power that it could be held to"
    # The set-point changes at every tick, the mode seldom; 0 alone is holding.
    for mode, setpoint_w in (("charge", -5000), ("charge", -4000), ("normal", 0), ("normal", 700), ("", 0), ("", None)):
        device.lead(mode)
        device.write(setpoint_w)
    assert broker.sent == [("home/battery/mode/set", word) for word in ("charge", "normal", "hold", "normal")]
