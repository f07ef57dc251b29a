"""What the site file says of homes: a change there is applied at the next start, one made meanwhile is named."""

from dataclasses import replace

from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.appliances.desired_state import SiteHome
from energy_manager.application.appliances.monitor import WatchAppliances
from energy_manager.application.ports.schedules.durability import AppendLog
from tests.support.live_appliances import Live

BATTERY = {"capacity_wh": 4000.0, "power_w": 1000.0, "depth_of_discharge": 1.0, "stored_wh": 1000.0, "asset": None}


def home(threshold_w=3000.0, power_w=2000.0, **more):
    oven = {
        "power_w": power_w,
        "duration_min": 60.0,
        "max_delay_min": None,
        "interruptible": False,
        "priority": "normal",
    }
    document = {"threshold_w": threshold_w, "time_zone": "UTC", "follows_aggregator": False, "battery": None, **more}
    return SiteHome(household="home", document=document, appliances={"Oven": oven | {"asset": "oven"}})


def start(live, *stated):
    """The site is started with what its file says; what it notices about that."""
    live.service = live.server()
    heard = len(live.sentences)
    WatchAppliances(live=live.service, clock=FakeClock(), journal=live.journal, homes=stated).look()
    return [sentence for sentence in live.sentences[heard:] if "site file" in sentence]


def threshold_w(live):
    return live.service.look().household("home").threshold_w


def test_what_is_as_it_was_is_not_spoken_of():
    live = Live()
    assert start(live, home()) == []
    assert start(live, home()) == []


def test_a_change_in_the_file_is_applied_at_the_next_start_and_said():
    live = Live()
    start(live, home())
    assert start(live, home(1000.0)) == ["home: threshold_w 3000 -> 1000, as the site file says now"]
    assert threshold_w(live) == 1000
    assert start(live, home(1000.0)) == []


def logged(live):
    """The lines of the logbook that tell of the site file."""
    entries = (change.entry for commit in live.repository.commits for change in commit if isinstance(change, AppendLog))
    return [
        (entry.actor.who, entry.action, entry.subject, entry.before, entry.after, entry.outcome) for entry in entries
    ]


def test_a_change_in_the_file_is_a_line_of_the_logbook_with_both_values():
    live = Live()
    start(live, home())
    assert logged(live) == []
    start(live, home(1000.0, 1500.0))
    start(live, home(1000.0, 1500.0))
    who = "the site file"
    assert logged(live) == [
        (who, "household changed", "home", {"threshold_w": 3000}, {"threshold_w": 1000}, "done"),
        (who, "appliance changed", "home/Oven", {"power_w": 2000}, {"power_w": 1500}, "done"),
    ]


def test_a_change_made_while_the_site_runs_holds_and_is_named_with_both_values():
    live = Live()
    start(live, home())
    live.change_household("home", {"threshold_w": 2500})
    for _ in range(2):
        (sentence,) = start(live, home())
        assert sentence == (
            "home: threshold_w is 2500, which was set while the site ran and holds; the site file says 3000"
        )
    assert threshold_w(live) == 2500
    start(live, home(2000.0))
    assert threshold_w(live) == 2000, "a later change in the file is applied"


def test_a_changed_appliance_is_applied_and_what_is_booked_stays():
    live = Live()
    start(live, home())
    live.ask("Oven")
    assert start(live, home(power_w=1500.0)) == ["home: power_w of Oven 2000 -> 1500, as the site file says now"]
    assert live.service.look().installed["home", "Oven"].own.rated_power_w == 1500
    assert live.run("1").request.power_w == 2000


def test_a_battery_that_is_new_in_the_file_comes_with_its_energy_and_strategy_and_sun_stay():
    live = Live()
    start(live, home())
    sun = {"resolution_min": 60, "values": [500] * 24}
    live.change_household("home", {"strategy": "flat", "pv_w": sun})
    household = live.service.look().household("home")
    (sentence,) = start(live, home(battery=BATTERY))
    assert sentence.startswith("home: battery None -> capacity_wh 4000")
    building = live.service.look()
    assert building.household("home").pv_w == household.pv_w
    assert building.table.policies["home"].strategy == "flat"
    assert building.household("home").battery.stored_wh == 1000


def test_a_change_that_is_not_acceptable_is_said_and_nothing_else_is_lost():
    live = Live()
    start(live, home())
    said = start(live, home(strategy="cost"))
    assert any("is not applied" in sentence for sentence in said)
    assert live.service.look().table.policy_of("home").strategy == "earliest"
    ((_, action, _, _, after, outcome),) = logged(live)
    assert (action, after, outcome == "done") == ("household changed", {"strategy": "cost"}, False)


def renamed(name):
    return replace(home(), appliances={name: home().appliances["Oven"]})


def test_an_appliance_that_has_another_name_in_the_file_takes_its_asset_with_it():
    live = Live()
    start(live, home())
    assert start(live, renamed("Stove")) == [
        "home: Oven is no longer in the site file: it stays registered and is no longer switched"
    ]
    installed = live.service.look().installed
    assert (installed["home", "Oven"].asset, installed["home", "Stove"].asset) == (None, "oven")
    assert start(live, renamed("Stove")) == [], "once"
    start(live, home())
    installed = live.service.look().installed
    assert (installed["home", "Oven"].asset, installed["home", "Stove"].asset) == ("oven", None), "and back"


def test_an_appliance_that_left_the_file_keeps_what_was_made_of_it_meanwhile():
    live = Live()
    start(live, home())
    live.put_appliance("home", "Oven", {"power_w": 900, "asset": "car"})
    (sentence,) = start(live, replace(home(), appliances={}))
    assert sentence == "home: Oven is no longer in the site file: it stays registered"
    oven = live.service.look().installed["home", "Oven"]
    assert (oven.asset, oven.own.rated_power_w) == ("car", 900)


def test_a_household_that_left_the_file_is_said():
    live = Live()
    start(live, home())
    assert start(live) == ["household home is no longer in the site file: what is registered of it stays"]
    assert threshold_w(live) == 3000


def test_what_is_said_of_a_run_has_its_date_and_the_households_time_zone():
    live = Live()
    start(live, home(time_zone="Europe/Brussels"))
    live.ask("Oven")
    assert any("2026-06-15 14:00:00 to 15:00:00 (Europe/Brussels)" in sentence for sentence in live.sentences)
