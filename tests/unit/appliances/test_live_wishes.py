"""What people ask of the live half: every fault by its field, nothing half done."""

import pytest

from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.appliances.units import US_PER_HOUR
from energy_manager.domain.errors import Refused
from tests.support.live_appliances import Live

HOUR_US = US_PER_HOUR


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Oven", asset="oven")
    live.put_appliance("home", "Dish", {"profiles": ["Dishwasher, eco", "Dishwasher, quick"]})
    live.put_appliance("home", "Toaster", {"profiles": ["Toaster"], "max_delay_min": 5})
    return live


def faults(call):
    with pytest.raises(Refused) as refused:
        call()
    return {fault.field: fault.message for fault in refused.value.faults}


def household(live, document, name="home"):
    return lambda: live.put_household(name, document)


def test_an_appliance_runs_what_its_profile_says_unless_it_is_said_otherwise(live):
    live.ask("Toaster")
    request = live.run("1").request
    assert (request.power_w, request.duration_us, request.priority_class) == (900, HOUR_US // 12, "urgent")
    assert request.max_delay_us == HOUR_US // 12
    live.ask("Dish", profile="Dishwasher, quick", duration_min=30, priority="low", max_delay_min=None)
    request = live.run("2").request
    assert (request.power_w, request.duration_us, request.priority_class) == (1200, HOUR_US // 2, "low")
    assert request.max_delay_us is None


def test_a_run_without_end_lasts_until_somebody_ends_it(live):
    live.ask("Oven", duration_min=None)
    live.watch(600, every_s=600)
    assert live.status("1") == "running"
    assert live.scheduled("oven") == -2000
    live.service.finish("1")
    assert live.minutes("1") == [(0, 600)]
    assert live.scheduled("oven") is None


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        ({"household": "nobody", "appliance": "Oven"}, "household", "'nobody' is unknown"),
        ({"household": "home", "appliance": "Sauna"}, "appliance", "household 'home' has no 'Sauna'"),
        ({"appliance": "Oven"}, "household", "is missing"),
        ({"household": "home"}, "appliance", "is missing"),
        ({"household": "home", "appliance": "Dish"}, "profile", "may run Dishwasher, eco, Dishwasher, quick"),
        ({"household": "home", "appliance": "Dish", "profile": "Oven"}, "profile", "'Oven' is none that 'Dish' may"),
        ({"household": "home", "appliance": "Oven", "profile": "Oven"}, "profile", "it has only its own"),
        ({"household": "home", "appliance": "Oven", "profile": 7}, "profile", "must be text, not 7"),
        ({"household": "home", "appliance": "Oven", "power_w": 0}, "power_w", "must be above 0"),
        ({"household": "home", "appliance": "Oven", "power_w": float("nan")}, "power_w", "must be a finite number"),
        ({"household": "home", "appliance": "Oven", "duration_min": 0}, "duration_min", "must be above 0"),
        ({"household": "home", "appliance": "Oven", "duration_min": 1e-9}, "duration_min", "less than a microsecond"),
        ({"household": "home", "appliance": "Oven", "max_delay_min": -1}, "max_delay_min", "must be from 0"),
        (
            {"household": "home", "appliance": "Oven", "priority": "top"},
            "priority",
            "must be one of urgent, normal, low, not 'top'",
        ),
        ({"household": "home", "appliance": "Oven", "queue": 1}, "queue", "must be true or false, not 1"),
        ({"household": "home", "appliance": "Oven", "powr_w": 1}, "powr_w", "did you mean power_w?"),
        ({"household": "home", "appliance": "Oven", "power_w": "5"}, "power_w", "must be a number"),
        ([], "request", "must be an object"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_by_field(live, document, field, says):
    before = live.service.look()
    assert says in faults(lambda: live.request(document))[field]
    assert live.service.look() == before


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        ({}, "threshold_w", "is missing"),
        ({"threshold_w": -5}, "threshold_w", "must be above 0"),
        ({"threshold_w": 1, "time_zone": "Mars/Olympus"}, "time_zone", "'Mars/Olympus' is not a known time zone"),
        ({"threshold_w": 1, "strategy": "cost"}, "price_eur_per_mwh", "strategy cost needs it"),
        ({"threshold_w": 1, "strategy": "best"}, "strategy", "must be one of earliest"),
        ({"threshold_w": 1, "price_eur_per_mwh": [1, 2]}, "price_eur_per_mwh", "has 2 values"),
        ({"threshold_w": 1, "target_peak_w": -1}, "target_peak_w", "must be from 0"),
        ({"threshold_w": 1, "pv_w": 3}, "pv_w", "must be an object, not 3"),
        ({"threshold_w": 1, "pv_w": {"resolution_min": 0, "values": []}}, "pv_w.resolution_min", "must be above 0"),
        ({"threshold_w": 1, "pv_w": {"resolution_min": 60, "values": [-1]}}, "pv_w.values[0]", "must be from 0"),
        (
            {"threshold_w": 1, "pv_w": {"start": "2026-06-15T00:00", "resolution_min": 60, "values": [1]}},
            "pv_w.start",
            "must be a time with its zone",
        ),
        ({"threshold_w": 1, "battery": {"capacity_wh": 1, "power_w": 1, "stored_wh": 2}}, "battery.stored_wh", "above"),
        (
            {"threshold_w": 1, "battery": {"capacity_wh": 1, "power_w": 1, "stord_wh": 1}},
            "battery.stord_wh",
            "did you mean stored_wh?",
        ),
        ({"threshold_w": 1, "follows_aggregator": "yes"}, "follows_aggregator", "must be true or false"),
    ],
)
def test_a_household_that_cannot_be_read_is_refused_by_field(live, document, field, says):
    before = live.service.look()
    assert says in faults(household(live, document))[field]
    assert live.service.look() == before


def test_names_are_short_and_can_be_printed(live):
    assert "printable" in faults(household(live, {"threshold_w": 1}, "x" * 81))["household"]
    assert "printable" in faults(household(live, {"threshold_w": 1}, "a\nb"))["household"]
    assert "printable" in faults(lambda: live.appliance(""))["appliance"]


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        ({}, "profiles", "and so are power_w"),
        ({"profiles": ["Dishwasher"]}, "profiles[0]", "did you mean 'Dishwasher, eco'?"),
        ({"profiles": ["Oven", "Oven"]}, "profiles[1]", "is there twice"),
        ({"profiles": "Oven"}, "profiles", "must be a list"),
        ({"power_w": 100, "asset": "oven"}, "asset", "'oven' is 'Oven' of household 'home' already"),
    ],
)
def test_an_appliance_that_cannot_be_read_is_refused_by_field(live, document, field, says):
    assert says in faults(lambda: live.put_appliance("home", "Lamp", document))[field]


def test_a_change_says_what_it_changes(live):
    change = live.change_household
    assert "there are threshold_w" in faults(lambda: change("home", {}))["request"]
    assert "no battery" in faults(lambda: change("home", {"stored_wh": 1}))["stored_wh"]
    live.home(battery={"capacity_wh": 1000, "power_w": 500, "stored_wh": 100})
    assert "above the capacity" in faults(lambda: change("home", {"stored_wh": 1001}))["stored_wh"]
    change("home", {"stored_wh": 900, "follows_aggregator": True})
    building = live.service.look()
    assert building.table.homes["home"].stored_wus == 900 * US_PER_HOUR
    assert building.household("home").follows_building_peak


def test_a_household_that_is_put_again_keeps_what_its_battery_holds(live):
    battery = {"capacity_wh": 1000, "power_w": 500, "stored_wh": 100}
    live.home(battery=battery)
    live.watch(30)
    stored_wus = live.service.look().table.homes["home"].stored_wus
    assert stored_wus > 100 * US_PER_HOUR
    live.home(battery={"capacity_wh": 1000, "power_w": 400})
    assert live.service.look().table.homes["home"].stored_wus == stored_wus
    live.home()
    assert live.service.look().table.homes["home"].stored_wus == 0


def test_the_sun_lets_more_run_at_once(live):
    live.change_household("home", {"pv_w": {"start": "2026-06-15T12:00:00Z", "resolution_min": 60, "values": [1000]}})
    live.ask("Oven")
    live.appliance("Iron", 2000, 30, asset="iron")
    live.ask("Iron", max_delay_min=0)
    assert live.minutes("2") == [(0, 30)]


def test_a_forecast_begins_at_the_households_last_midnight_by_itself():
    live = Live()
    live.home(time_zone="Europe/Brussels", pv_w={"resolution_min": 60, "values": [0] * 14 + [700, 0]})
    # Noon in UTC is two in the afternoon there, the fifteenth hour.
    assert live.service.look().household("home").pv_w.at(live.service.look().now_us) == 700


def test_a_strategy_is_the_households_own(live):
    live.home(name="other")
    prices = [100] * 24
    prices[15] = 10
    live.change_household("home", {"strategy": "cost", "price_eur_per_mwh": prices})
    live.ask("Oven", max_delay_min=600)
    assert live.minutes("1") == [(180, 240)]
    live.appliance("Iron", 2000, 30, home="other", asset="iron")
    live.ask("Iron", home="other", max_delay_min=600)
    assert live.minutes("2") == [(0, 30)]
    assert live.server().look().table.policy_of("home").price_eur_per_mwh.at(0) == 0
    live.change_household("home", {"strategy": "target_peak", "target_peak_w": None})
    assert live.service.look().table.policy_of("home").target_peak_w is None
    live.change_household("home", {"strategy": "earliest", "price_eur_per_mwh": None})
    assert live.service.look().table.policy_of("home").price_eur_per_mwh is None


def test_a_household_that_is_put_again_without_a_strategy_goes_by_the_buildings(live):
    live.home(strategy="flat")
    assert live.service.look().table.policy_of("home").strategy == "flat"
    live.home()
    assert live.service.look().table.policy_of("home").strategy == "earliest"


def test_powers_that_are_no_whole_numbers_survive_the_store_exactly(live):
    live.change_household("home", {"threshold_w": 2000.1})
    live.ask("Oven", power_w=2000.1)
    again = live.server().look()
    assert again.household("home").threshold_w * 10 == 20001
    assert again.table.runs["1"].request.power_w * 10 == 20001
    assert again.household("home").pv_w == StepFunction.constant(0)
    # Switched on in whole watts, rounded up: no less is booked than drawn.
    assert live.scheduled("oven") == -2001
