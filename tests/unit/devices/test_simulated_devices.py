"""Simulated devices speak W and Wh with one sign, and those of one plant stand behind one connection point."""

import pytest

from energy_manager.adapters.devices import DriverContext, Measurement
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.simulated.appliance import SIMULATED_APPLIANCE
from energy_manager.adapters.devices.simulated.meter import SIMULATED_METER
from energy_manager.adapters.devices.simulated.storage import SIMULATED_STORAGE
from energy_manager.domain.site import Ratings

BATTERY = Ratings(capacity_wh=10_000, min_wh=1000, max_charge_w=30_000, max_discharge_w=20_000)


class HandClock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


class Bench:
    """Opens drivers of one site."""

    def __init__(self):
        self.clock = HandClock()
        self.links = SharedLinks()

    def open(self, driver_type, *, ratings=BATTERY, **options):
        context = DriverContext(
            asset_id="x", kind=None, ratings=ratings, watts_per_step=1000, now_s=self.clock, link=self.links
        )
        return driver_type.open(driver_type.options.model_validate(options), context)

    def storage(self, **options):
        return self.open(SIMULATED_STORAGE, **{"stored_wh": 5000, "lag_s": 0, "dead_time_s": 0, **options})

    def meter(self, **options):
        load = {"level_kw": 40, "peak_kw": 0, "every_s": 1, "lasts_s": 1}
        return self.open(SIMULATED_METER, load=load, **options)


@pytest.fixture
def bench():
    return Bench()


def test_a_storage_that_is_told_to_deliver_delivers_and_offers_its_whole_range(bench):
    storage = bench.storage()
    storage.write(15_000)
    bench.clock.now_s = 1.0
    read = storage.read()
    assert (read.power_w, read.lowest_w, read.highest_w) == (15_000, -30_000, 20_000)
    assert read.stored_wh == pytest.approx(5000 - 15_000 / 3600)


def test_a_storage_that_charges_takes_power(bench):
    storage = bench.storage()
    storage.write(-2500)
    bench.clock.now_s = 1.0
    assert storage.read().power_w == -2500


def test_a_storage_at_its_reserve_offers_no_power_and_a_full_one_takes_none(bench):
    at_reserve, full = bench.storage(stored_wh=1000), bench.storage(stored_wh=None, stored_kwh=10)
    assert (at_reserve.read().highest_w, at_reserve.read().lowest_w) == (0, -30_000)
    assert (full.read().highest_w, full.read().lowest_w) == (20_000, 0)


def test_a_released_storage_rests(bench):
    storage = bench.storage()
    storage.write(-2500)
    storage.write(None)
    bench.clock.now_s = 1.0
    assert storage.read().power_w == 0


def test_a_meter_measures_the_load_and_the_storages_of_its_plant(bench):
    storage, meter = bench.storage(), bench.meter()
    elsewhere, other_meter = bench.storage(plant="barn"), bench.meter(plant="barn")
    storage.write(15_000)
    elsewhere.write(-5000)
    meter.write(15_000)
    bench.clock.now_s = 1.0
    assert meter.read() == Measurement(power_w=-25_000)
    assert other_meter.read() == Measurement(power_w=-45_000)


def test_a_storage_that_was_let_go_is_measured_no_more(bench):
    storage, meter = bench.storage(), bench.meter()
    storage.write(15_000)
    bench.clock.now_s = 1.0
    storage.close()
    assert meter.read().power_w == -40_000


def test_an_appliance_draws_what_its_run_is_told_at_most_its_rating(bench):
    oven = bench.open(SIMULATED_APPLIANCE, ratings=Ratings(rated_w=1500))
    assert oven.read().power_w == 0
    oven.write(-2000)
    assert oven.read() == Measurement(power_w=-1500, lowest_w=-1500, highest_w=0)
    oven.write(-300)
    assert oven.read().power_w == -300
    oven.write(0)
    assert oven.read().power_w == 0
    oven.write(-1)
    oven.write(None)
    assert oven.read().power_w == 0
