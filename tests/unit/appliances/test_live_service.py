"""The live half of job 2: every event is durable before it is acknowledged, and survives what comes."""

import pytest

from energy_manager.application.appliances import Unknown
from energy_manager.application.ports.schedules.durability import PutDocument, PutSchedule, StoreUnavailable
from energy_manager.domain.errors import Refused
from tests.support.live_appliances import Live


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Oven", asset="oven")
    live.appliance("Car", 2000, 120, asset="car", interruptible=True, priority="low", max_delay_min=600)
    live.appliance("Washer", 1500, 30, asset="washer", max_delay_min=300)
    return live


def test_a_run_and_its_schedule_are_one_commit(live):
    decision = live.ask("Oven", max_delay_min=0)
    assert decision.outcome == "fit"
    kinds = [(type(change), getattr(change, "kind", "")) for change in live.repository.commits[-1]]
    assert kinds == [(PutDocument, "appliance_building"), (PutDocument, "appliance_run"), (PutSchedule, "")]
    assert live.minutes("1") == [(0, 60)]
    assert live.scheduled("oven") == -2000


def test_the_loop_reads_the_run_while_it_lasts(live):
    live.ask("Oven")
    live.watch(59.9)
    assert live.scheduled("oven") == -2000
    live.watch(0.2)
    assert live.scheduled("oven") is None
    assert live.store.repository.get("appliance:home/Oven") is None
    assert live.status("1") == "finished"


def test_when_the_commit_fails_nothing_has_changed(live):
    live.repository.is_away = True
    with pytest.raises(StoreUnavailable):
        live.ask("Oven")
    with pytest.raises(StoreUnavailable):
        live.change_household("home", {"threshold_w": 10})
    assert live.service.look().table.runs == {}
    live.repository.is_away = False
    assert live.service.look().table.runs == {}
    assert live.service.look().household("home").threshold_w == 3000
    assert live.ask("Oven").run_id == "1"


def test_what_may_have_been_kept_is_read_again(live):
    live.repository.keeps_silently = True
    with pytest.raises(StoreUnavailable):
        live.ask("Oven")
    live.repository.keeps_silently = False
    assert live.status("1") == "running"


def test_two_writers_lose_nothing(live):
    live.repository.overtake = lambda: live.ask("Washer", service=live.command())
    live.ask("Oven")
    # The command was first and took 1,500 of 3,000 W: the oven was decided again and waits for it.
    assert [
        (run.request.appliance, live.minutes(run_id)) for run_id, run in live.service.look().table.runs.items()
    ] == [
        ("Washer", [(0, 30)]),
        ("Oven", [(30, 90)]),
    ]


def test_the_server_sees_what_a_command_has_changed(live):
    live.ask("Washer", service=live.command())
    assert live.status("1") == "running"
    live.command().cancel("1")
    live.service.pass_time()
    assert live.status("1") == "cancelled"
    assert live.scheduled("washer") is None


def test_a_rejection_says_why_and_what_would_do_and_is_kept(live):
    live.ask("Oven")
    decision = live.ask("Washer", max_delay_min=10)
    assert (decision.outcome, decision.would_do.max_delay_us) == ("rejected", 60 * 60_000_000)
    again = live.server().look()
    assert again.status("2") == "rejected"
    assert again.rejections["2"].reason == decision.reason
    assert again.rejections["2"].would_do == decision.would_do


def test_an_early_end_lets_the_next_one_start(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(20)
    assert live.minutes("2") == [(60, 90)]
    live.service.finish("1")
    assert live.minutes("2") == [(20, 50)]
    assert (live.scheduled("oven"), live.scheduled("washer")) == (None, -1500)


def test_a_cancelled_run_is_switched_off(live):
    live.ask("Oven")
    live.service.cancel("1")
    assert live.status("1") == "cancelled"
    assert live.scheduled("oven") is None


def test_a_lowered_threshold_pauses_at_once_and_is_told_of(live):
    live.ask("Car")
    live.watch(10)
    building = live.change_household("home", {"threshold_w": 1600})
    assert live.status("1") == "paused"
    assert live.scheduled("car") is None
    assert [alert.excess_w for alert in building.alerts] == [2000]
    assert "home: Car is paused" in live.sentences
    live.change_household("home", {"threshold_w": 2000})
    assert live.scheduled("car") == -2000
    assert live.minutes("1") == [(0, 10), (10, 120)] or live.minutes("1") == [(0, 120)]


def test_an_appliance_that_is_busy_refuses_or_queues(live):
    live.ask("Oven")
    with pytest.raises(Refused, match="already running"):
        live.ask("Oven")
    assert live.ask("Oven", queue=True, max_delay_min=90).is_queued
    assert live.status("2") == "pending"
    restarted = live.server()
    assert restarted.look().status("2") == "pending"
    live.service = restarted
    live.watch(60.1)
    assert live.minutes("2") == [(60, 120)]
    assert live.scheduled("oven") == -2000


def test_what_waits_behind_a_busy_appliance_can_be_cancelled(live):
    live.ask("Oven")
    live.ask("Oven", queue=True)
    with pytest.raises(Refused, match="has not begun"):
        live.service.finish("2")
    live.service.cancel("2")
    assert live.status("2") == "cancelled"
    assert live.server().look().status("2") == "cancelled"


def test_an_appliance_without_a_device_is_planned_and_not_switched(live):
    live.appliance("Lamp", 100, 60)
    assert live.ask("Lamp").outcome == "fit"
    assert live.store.repository.get("appliance:home/Lamp") is None
    live.service = live.server(
        site=None or live.service.kept.site.__class__(assets=frozenset({"Lamp"}), watts_per_step=1000)
    )
    live.service.pass_time()
    # A site with that device takes it over; 100 W are less than a step of 1 kW, and any step switches it on.
    assert live.scheduled("Lamp") == -1


def test_unknown_names_are_said_to_be_unknown(live):
    for call in (
        lambda: live.service.finish("9"),
        lambda: live.service.cancel("9"),
        lambda: live.change_household("9", {"threshold_w": 1}),
        lambda: live.put_appliance("9", "Oven", {"power_w": 1}),
    ):
        with pytest.raises(Unknown, match="there is no"):
            call()


def test_what_is_over_cannot_end_again(live):
    live.ask("Oven")
    live.service.finish("1")
    with pytest.raises(Refused, match="already finished"):
        live.service.finish("1")


def test_old_runs_are_forgotten_in_the_store_too(live):
    live.ask("Oven")
    live.wait(8 * 24 * 60)
    live.service.pass_time()
    assert live.store.repository.documents("appliance_run") == ()


def test_time_goes_back_with_a_clock_that_is_set_back(live):
    live.ask("Oven")
    live.start = live.start.replace(hour=11)
    assert live.status("1") == "running"
    assert live.ask("Washer").outcome == "fit"
    assert live.minutes("2") == [(60, 90)]


def test_looking_without_a_store_shows_what_was_last_known(live):
    live.ask("Oven")
    live.repository.is_away = True
    assert live.status("1") == "running"
    with pytest.raises(StoreUnavailable):
        live.server().look()


def test_a_run_that_waits_is_moved_in_one_decision(live):
    live.ask("Oven")
    live.ask("Washer")
    assert live.minutes("2") == [(60, 90)]
    building, decision = live.move("2", {"max_delay_min": 120})
    assert decision.run_id == "3"
    assert (building.status("2"), live.minutes("3")) == ("cancelled", [(60, 90)])
    assert building.table.runs["3"].request.max_delay_us == 120 * 60_000_000
    assert live.ask("Car").run_id == "4"


def test_what_does_not_fit_where_it_is_moved_stays_as_it_was(live):
    live.ask("Oven")
    live.ask("Washer")
    with pytest.raises(Refused, match="the run stays as it is"):
        live.move("2", {"max_delay_min": 10})
    assert (live.status("2"), live.minutes("2")) == ("pending", [(60, 90)])
    assert "3" not in live.service.look().table.runs


def test_what_waits_behind_its_appliance_is_moved_too(live):
    live.ask("Oven")
    live.ask("Oven", queue=True)
    assert live.move("2", {"max_delay_min": None})[1].is_queued
    assert [request.run_id for request in live.service.look().table.queue] == ["3"]


def test_only_what_has_not_begun_is_moved_and_it_must_be_said_for_how_long(live):
    live.ask("Oven")
    live.ask("Washer")
    with pytest.raises(Refused, match="is running: only what has not begun can be moved"):
        live.move("1", {"max_delay_min": 10})
    for document in ({}, {"max_delay_min": -1}, {"max_delay_min": 1, "power_w": 2}, []):
        with pytest.raises(Refused):
            live.move("2", document)
    with pytest.raises(Unknown):
        live.move("9", {"max_delay_min": 1})
