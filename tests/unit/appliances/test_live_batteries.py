"""A household's battery is an asset that the loop tells to charge and discharge, as runs are admitted by its help."""

import random
from datetime import UTC, datetime

import pytest

from energy_manager.application.appliances import SwitchableAssets
from energy_manager.application.appliances.views import household_answer
from energy_manager.application.ports.schedules.durability import DeleteSchedule, PutSchedule
from energy_manager.domain.errors import Refused
from tests.support.live_appliances import SITE, Live
from tests.support.thorough import sample

FULL = {"capacity_wh": 4000, "power_w": 1000, "asset": "battery"}


@pytest.fixture
def live():
    live = Live()
    live.home(battery=FULL)
    live.appliance("Oven", asset="oven")
    live.appliance("Washer", 1500, 30, asset="washer", max_delay_min=0)
    live.appliance("Car", 2000, 120, asset="car", interruptible=True, priority="low", max_delay_min=600)
    return live


def of_battery(commit):
    """What a commit does about the battery's schedule."""
    return [
        type(change)
        for change in commit
        if (isinstance(change, PutSchedule) and change.schedule.id == "battery:home")
        or (isinstance(change, DeleteSchedule) and change.id == "battery:home")
    ]


def writes(live):
    return [kind for commit in live.repository.commits for kind in of_battery(commit)]


def told(live):
    """The battery's schedule, in minutes since the start and W, discharge above 0."""
    accepted = live.store.repository.get("battery:home")
    blocks = () if accepted is None else accepted.schedule.blocks
    return [
        ((block.start - live.start).total_seconds() / 60, (block.end - live.start).total_seconds() / 60, target)
        for block in blocks
        for target in block.targets.values()
    ]


def test_a_run_that_needs_the_battery_has_it_told_in_the_same_commit(live):
    live.ask("Oven")
    assert told(live) == []
    assert live.ask("Washer").outcome == "battery"
    # 2,000 and 1,500 W under a threshold of 3,000 W: the battery gives 500 W while both run.
    assert told(live) == [(0, 30, 500)]
    assert of_battery(live.repository.commits[-1]) == [PutSchedule]
    assert (live.scheduled("washer"), live.scheduled("battery")) == (-1500, 500)


def test_when_the_run_is_cancelled_the_battery_rests(live):
    live.ask("Oven")
    live.ask("Washer")
    live.service.cancel("2")
    assert of_battery(live.repository.commits[-1]) == [DeleteSchedule]
    assert live.scheduled("battery") is None


def test_a_battery_charges_beside_what_runs_and_is_told_so():
    live = Live()
    live.home(battery=FULL | {"stored_wh": 1000})
    live.appliance("Car", 2900, 120, asset="car")
    # Full by midnight, twelve hours away, with 3,000 Wh: 250 W all the time.
    assert told(live) == [(0, 720, -250)]
    live.ask("Car")
    # Beside the car that would be 3,150 W; afterwards ten hours are left for it.
    assert told(live) == [(120, 720, -300)]


def test_a_plan_that_stands_is_not_written_again(live):
    live.ask("Oven")
    live.ask("Washer")
    live.watch(29)
    assert writes(live) == [PutSchedule]
    live.watch(2)
    assert writes(live) == [PutSchedule, DeleteSchedule]


def test_a_restart_keeps_it(live):
    live.ask("Oven")
    live.ask("Washer")
    live.service = live.server()
    live.watch(10)
    assert live.scheduled("battery") == 500
    assert writes(live) == [PutSchedule]
    live.service.cancel("1")
    assert live.scheduled("battery") is None


def test_a_command_beside_the_server_tells_it_and_the_server_goes_on_from_there(live):
    live.ask("Oven")
    live.ask("Washer", service=live.command())
    live.watch(10)
    assert live.scheduled("battery") == 500
    assert writes(live) == [PutSchedule]
    live.command().cancel("2")
    assert live.scheduled("battery") is None


def test_it_is_told_until_tomorrows_end_and_further_when_tomorrow_comes():
    live = Live(start=datetime(2026, 6, 15, 23, 50, tzinfo=UTC))
    live.home(battery=FULL | {"capacity_wh": 40_000})
    live.appliance("Oven", 2000, 72 * 60, asset="oven")
    live.appliance("Washer", 1500, 72 * 60, asset="washer", max_delay_min=0)
    live.ask("Oven")
    assert live.ask("Washer").outcome == "battery"
    assert told(live) == [(0, 24 * 60 + 10, 500)]
    live.watch(9)
    assert writes(live) == [PutSchedule]
    live.watch(11)
    ((_, end, watts),) = told(live)
    assert (end, watts) == (48 * 60 + 10, 500)
    assert writes(live) == [PutSchedule, PutSchedule]


def test_a_battery_that_names_no_asset_is_planned_and_not_told(live):
    live.home(battery=FULL | {"asset": None})
    live.ask("Oven")
    assert live.ask("Washer").outcome == "battery"
    assert told(live) == []


def test_a_battery_that_is_taken_away_is_told_nothing_more(live):
    live.ask("Oven")
    live.ask("Washer")
    live.home(4000)
    assert told(live) == []


def test_an_asset_that_the_site_has_not_is_refused(live):
    with pytest.raises(Refused) as refused:
        live.home(battery=FULL | {"asset": "batery"})
    assert str(refused.value) == (
        "battery.asset: the site has no asset 'batery' that takes targets; did you mean 'battery'?"
    )


def test_an_asset_is_one_device_only(live):
    with pytest.raises(Refused, match="'battery' is the battery of household 'home' already"):
        live.home(name="flat", battery=FULL)
    with pytest.raises(Refused, match="'battery' is the battery of household 'home' already"):
        live.appliance("Lamp", asset="battery")
    with pytest.raises(Refused, match="'oven' is 'Oven' of household 'home' already"):
        live.home(name="flat", battery=FULL | {"asset": "oven"})
    # Put again it is still the same.
    live.home(battery=FULL)


def test_a_change_of_the_household_leaves_its_asset(live):
    live.change_household("home", {"threshold_w": 3400})
    live.ask("Oven")
    live.ask("Washer")
    assert told(live) == [(0, 30, 100)]
    assert household_answer(live.server().look(), "home")["battery"]["asset"] == "battery"


def test_another_site_without_that_asset_says_so_and_the_next_one_tells_it(live):
    live.ask("Oven")
    live.ask("Washer")
    without = SwitchableAssets(assets=frozenset({"oven", "washer"}), watts_per_step=1)
    live.service = live.server(site=without)
    live.service.pass_time()
    assert told(live) == []
    assert "home: the site has no asset 'battery', so its battery is planned and not told" in live.sentences
    live.service = live.server(site=SITE)
    live.service.pass_time()
    assert told(live) == [(0, 30, 500)]


def test_before_any_site_is_known_it_is_put_as_it_is_said():
    live = Live()
    live.command().put_household("home", {"threshold_w": 3000, "battery": FULL | {"asset": "cellar"}})
    assert live.service.look().household("home").battery.asset == "cellar"


@pytest.mark.parametrize(
    ("power_w", "draws_w", "target"),
    [
        # 300 W above the threshold: a whole step keeps it. 1,300 W: two steps would be more than the battery has.
        (1000, 1300, 1),
        (1500, 2300, 1),
        (2000, 2300, 2),
    ],
)
def test_on_a_site_of_whole_kw_the_threshold_is_kept_as_far_as_the_battery_can(power_w, draws_w, target):
    live = Live()
    live.service = live.server(site=SwitchableAssets(assets=SITE.assets, watts_per_step=1000))
    live.home(battery=FULL | {"power_w": power_w, "stored_wh": 4000})
    live.appliance("Oven", asset="oven")
    live.appliance("Washer", draws_w, 30, asset="washer", max_delay_min=0)
    live.ask("Oven")
    assert live.ask("Washer").outcome == "battery"
    assert live.scheduled("battery") == target


def test_on_a_site_of_whole_kw_it_never_charges_more_than_is_planned():
    live = Live()
    live.service = live.server(site=SwitchableAssets(assets=SITE.assets, watts_per_step=1000))
    live.home(9000, battery={"capacity_wh": 40_000, "power_w": 5000, "stored_wh": 10_000, "asset": "battery"})
    # 30 kWh in twelve hours are 2.5 kW.
    assert live.scheduled("battery") == -2


def drawn_w(live):
    """What the stored schedules make the home draw from now on, each time that changes."""
    schedules = [accepted.schedule for accepted in live.store.repository.all()]
    bounds = {bound for schedule in schedules for block in schedule.blocks for bound in (block.start, block.end)}
    for instant in sorted({live.now(), *(bound for bound in bounds if bound > live.now())}):
        blocks = [schedule.block_at(instant) for schedule in schedules]
        yield -sum(sum(block.targets.values()) for block in blocks if block is not None)


def busy_runs(live):
    building = live.service.look()
    return {run.request.appliance: run.run_id for run in building.table.runs.values() if run.is_open(building.now_us)}


@pytest.mark.no_cover
@pytest.mark.sampled
def test_whatever_is_asked_and_given_up_what_is_told_stays_under_the_threshold():
    helped = 0
    houses = sample(24, share=0.2)
    for seed in range(houses):
        chance, live = random.Random(seed), Live()
        stored_wh = chance.choice([0, 700, 2000])
        live.home(battery={"capacity_wh": 2000, "power_w": 900.5, "stored_wh": stored_wh, "asset": "battery"})
        for name in ("Oven", "Car", "Washer"):
            delay = chance.choice([0, 15, 600])
            live.appliance(name, asset=name.lower(), interruptible=name == "Car", max_delay_min=delay)
        for _ in range(25):
            name, busy = chance.choice(["Oven", "Car", "Washer"]), busy_runs(live)
            if name in busy:
                chance.choice([live.service.cancel, live.service.finish])(busy[name])
            else:
                asked = live.ask(name, power_w=chance.randint(1000, 1950), duration_min=chance.randint(5, 90))
                helped += asked.outcome == "battery"
            if chance.random() < 0.2:
                live.service = live.server()
            live.watch(chance.randint(0, 40), every_s=60)
            assert max(drawn_w(live)) <= 3000, seed
    assert helped >= houses
