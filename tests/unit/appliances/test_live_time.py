"""What time brings to the live half: restarts, commands while nobody switches, recharges, the gate."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from energy_manager.application.appliances.kept_building import SILENT_US
from energy_manager.application.appliances.views import timetable_answer
from energy_manager.domain.appliances.units import US_PER_HOUR
from tests.support.live_appliances import Live

MINUTE_US = 60_000_000
BATTERY = {"capacity_wh": 4000, "power_w": 1000, "depth_of_discharge": 1, "stored_wh": 1000}


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Oven", asset="oven")
    live.appliance("Car", 2000, 120, asset="car", interruptible=True, priority="low", max_delay_min=600)
    live.appliance("Washer", 1500, 30, asset="washer", max_delay_min=70)
    return live


def restarted(live):
    live.service = live.server()
    live.service.pass_time()
    return live


def test_a_running_run_continues_after_a_restart(live):
    live.ask("Oven", max_delay_min=0)
    live.wait(10)
    assert live.status("1", restarted(live).service) == "running"
    assert live.minutes("1") == [(0, 60)]
    assert live.scheduled("oven") == -2000


def test_a_run_acknowledged_in_the_last_moment_continues_too(live):
    live.ask("Oven", max_delay_min=0)
    restarted(live)
    assert live.minutes("1") == [(0, 60)]


def test_an_overdue_start_happens_within_its_delay(live):
    live.ask("Oven")
    live.ask("Washer")
    assert live.minutes("2") == [(60, 90)]
    live.wait(65)
    restarted(live)
    assert live.minutes("2") == [(65, 95)]
    assert live.scheduled("washer") == -1500


def test_an_overdue_start_beyond_its_delay_is_missed(live):
    live.ask("Oven")
    live.ask("Washer")
    live.wait(71)
    restarted(live)
    assert live.status("2") == "missed"
    assert "its time came while control was not running" in live.why_missed("2", live.server())
    assert live.scheduled("washer") is None
    assert any("Washer" in alert.message for alert in live.service.look().alerts)


def test_what_began_while_somebody_watched_goes_on_after_a_restart(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(60.5)
    live.wait(5)
    restarted(live)
    assert live.minutes("2") == [(60, 90)]


def test_a_machine_that_slept_is_taken_up_like_a_restart(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(10)
    live.wait(55)
    live.service.pass_time()
    assert live.minutes("2") == [(65, 95)]


def test_a_command_beside_a_running_server_moves_nothing(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(61)
    assert live.status("2", live.command()) == "running"
    assert live.minutes("2") == [(60, 90)]


def test_what_is_asked_while_nobody_switches_starts_when_somebody_does(live):
    live.wait(SILENT_US / MINUTE_US + 1)
    live.ask("Washer", service=live.command())
    live.wait(10)
    command = live.command()
    assert live.minutes("1", command) == [(12, 42)]
    live.wait(10)
    restarted(live)
    # Two commands and ten minutes later somebody switches at last: only now it starts, with its full duration.
    assert live.minutes("1") == [(22, 52)]
    assert live.service.look().unattended_us is None


def test_a_command_after_the_end_of_the_server_knows_at_once_that_nobody_switches(live):
    live.ask("Oven")
    live.watch(1)
    live.wait(0.1)
    assert timetable_answer(live.command().look())["is_attended"]
    assert not timetable_answer(live.command(has_left=lambda: True).look())["is_attended"]
    restarted(live)
    assert timetable_answer(live.service.look())["is_attended"]


def test_the_first_command_of_all_is_not_attended(tmp_path):
    live = Live()
    command = live.command()
    command.put_household("home", {"threshold_w": 3000})
    assert command.look().unattended_us is not None


def test_the_daily_recharge_runs_once_however_many_days_were_missed():
    live = Live()
    live.home(battery=BATTERY)
    first = live.service.look().recharged_on["home"]
    live.wait(3 * 24 * 60)
    restarted(live)
    building = live.service.look()
    assert building.recharged_on["home"].toordinal() - first.toordinal() == 3
    home = building.table.homes["home"]
    # To be full by the next midnight, twelve hours away, with 3,000 Wh in the valley: 250 W all the time.
    assert home.stored_wus == 1000 * US_PER_HOUR
    assert home.charge_w.at(building.now_us) == 250
    assert home.recharge.end_us - building.now_us == 12 * US_PER_HOUR


def test_what_a_battery_holds_survives_a_restart():
    live = Live()
    live.home(battery=BATTERY)
    live.watch(60)
    assert live.service.look().table.homes["home"].stored_wus == 1250 * US_PER_HOUR
    live.service = live.server()
    stored_wus = live.service.look().table.homes["home"].stored_wus
    assert Fraction(stored_wus) / US_PER_HOUR == pytest.approx(1250, abs=2)


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 28), 24), ((2026, 3, 29), 23), ((2026, 10, 25), 25)],
)
def test_a_local_day_has_as_many_hours_as_the_clocks_give_it(day, hours):
    local_midnight = {(2026, 3, 28): 23, (2026, 3, 29): 23, (2026, 10, 25): 22}[day]
    year, month, date = day
    live = Live(start=datetime(year, month, date - 1, local_midnight, tzinfo=UTC))
    live.home(battery=BATTERY, time_zone="Europe/Brussels")
    building = live.service.look()
    assert building.recharged_on["home"].isoformat() == f"{year}-{month:02}-{date:02}"
    recharge = building.table.homes["home"].recharge
    assert recharge.end_us - building.now_us == hours * US_PER_HOUR


def test_a_start_waits_while_the_meter_says_that_there_is_no_room(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(59)
    # The kettle that nobody announced: 1,600 W beside the oven's 2,000 W.
    live.meter.import_w["home"] = 3600
    live.watch(1.2)
    assert live.minutes("2") == [(61, 91)]
    assert live.scheduled("washer") is None
    live.meter.import_w["home"] = 0
    live.watch(1)
    assert live.scheduled("washer") == -1500


def test_a_start_that_the_meter_never_lets_through_is_missed(live):
    live.meter.import_w["home"] = 2000
    live.ask("Washer", max_delay_min=2)
    live.watch(3)
    assert live.status("1") == "missed"
    assert "the load at its start left it no room" in live.why_missed("1")
    assert any("Washer" in alert.message for alert in live.service.look().alerts)


def test_a_meter_read_while_something_was_switched_is_not_believed(live):
    live.ask("Oven")
    live.meter.import_w["home"] = 5000
    live.appliance("Lamp", 100, 60)
    # Five seconds after the oven came on its 2,000 W may be in the reading or not.
    live.wait(1 / 12)
    live.ask("Lamp")
    assert live.minutes("2") == [(1 / 12, 60 + 1 / 12)]
    live.wait(1)
    live.service.cancel("2")
    live.ask("Lamp")
    assert live.minutes("3")[0][0] > 2
