"""What goes on beside the live half: the watcher, the re-optimiser, neighbours, meters, a simulated appliance."""

import json

import anyio
import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.load_meters import DeviceMeters
from energy_manager.adapters.neighbours.over_http import read_profile
from energy_manager.adapters.solvers.appliances_milp import optimise
from energy_manager.application.appliances.desired_state import SiteHome
from energy_manager.application.appliances.monitor import AWAY_S, SimulatedDemand, WatchAppliances
from energy_manager.application.appliances.reoptimising import ReoptimiseAppliances
from energy_manager.application.appliances.views import (
    household_answer,
    profile_published,
    run_answer,
    timetable_answer,
)
from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.errors import OutOfTime, Refused
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.in_process_neighbours import InProcessNeighbours
from tests.support.live_appliances import Live


class InlineWorkers:
    """Works at once, in this process."""

    def __init__(self):
        self.is_late = False

    async def run(self, function, *arguments, deadline_s):
        if self.is_late:
            raise OutOfTime("no answer")
        return function(*arguments)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Oven", asset="oven")
    live.appliance("Washer", 1500, 60, asset="washer", max_delay_min=300, priority="low")
    live.appliance("Dryer", 1500, 60, max_delay_min=300, priority="low")
    return live


def watcher(live, **more):
    return WatchAppliances(live=live.service, clock=live.clock, journal=live.journal, **more)


def reoptimiser(live, workers=None, period_s=300.0):
    return ReoptimiseAppliances(
        live=live.service,
        optimise=optimise,
        workers=workers or InlineWorkers(),
        journal=live.journal,
        period_s=period_s,
        time_limit_s=2.0,
    )


def test_homes_of_the_site_file_are_registered_unless_the_store_knows_them():
    live = Live()
    live.home(2500)
    homes = (
        SiteHome(household="home", document={"threshold_w": 9000}, appliances={"Oven": {"power_w": 2000}}),
        SiteHome(household="flat", document={"threshold_w": 1000}, appliances={"Lamp": {"power_w": 0}}),
    )
    watch = watcher(live, homes=homes)
    watch.look()
    watch.look()
    building = live.service.look()
    assert {name: home.household.threshold_w for name, home in building.table.homes.items()} == {
        "home": 2500,
        "flat": 1000,
    }
    assert list(building.installed) == [("home", "Oven")]
    assert sum("Lamp of the site file is not registered" in sentence for sentence in live.sentences) == 1


def test_a_simulated_resident_asks_again_and_again(live):
    watch = watcher(live, habits=(SimulatedDemand(household="home", appliance="Oven", every_s=5400, first_s=60),))
    watch.look()
    for _ in range(100):
        live.wait(1)
        watch.look()
    assert [live.minutes(run_id) for run_id in live.service.look().table.runs] == [[(1, 61)], [(91, 151)]]


def test_a_resident_who_asks_too_often_is_told_so(live):
    watch = watcher(live, habits=(SimulatedDemand(household="home", appliance="Oven", every_s=600),))
    watch.look()
    live.wait(11)
    watch.look()
    assert any("Oven is not asked for" in sentence for sentence in live.sentences)


def test_a_store_that_is_away_is_told_of_once(live):
    watch = watcher(live)
    watch.look()
    live.repository.is_away = True
    for _ in range(10):
        live.clock.sleep_until(live.clock.now_s() + AWAY_S / 2)
        watch.look()
    live.repository.is_away = False
    watch.look()
    told = [sentence for sentence in live.sentences if "looked after" in sentence]
    assert told == [
        "appliances cannot be looked after, what was planned goes on: pulled out",
        "appliances are looked after again",
    ]


async def test_a_better_plan_is_taken_over_and_switched(live):
    # A takes 2,500 of 3,000 W; the other two wait for its end and would then make a peak of 3,000 W together.
    live.change_household("home", {"strategy": "flat"})
    live.ask("Oven", power_w=2500)
    live.ask("Washer", priority="normal")
    live.ask("Dryer", priority="normal")
    assert live.minutes("2") == live.minutes("3") == [(60, 120)]
    optimise = reoptimiser(live)
    assert await optimise()
    assert sorted(live.minutes("2") + live.minutes("3")) == [(60, 120), (120, 180)]
    assert live.server().look().table.runs["3"].segments == live.service.look().table.runs["3"].segments
    # What it can still gain is little, and soon nothing: then nothing is written either.
    assert not all([await optimise() for _ in range(5)])
    commits = len(live.repository.commits)
    assert not await optimise()
    assert len(live.repository.commits) == commits
    assert any("better plan" in sentence for sentence in live.sentences)


async def test_without_anything_to_move_nobody_searches(live):
    workers = InlineWorkers()
    workers.is_late = True
    assert not await reoptimiser(live, workers)()


async def test_it_plans_after_a_rejection_and_a_late_worker_is_no_trouble(live):
    live.ask("Oven", power_w=2500)
    live.ask("Washer")
    workers = InlineWorkers()
    workers.is_late = True
    asked = anyio.Event()

    async def run(function, *arguments, deadline_s):
        asked.set()
        raise OutOfTime("no answer")

    workers.run = run
    assert live.ask("Dryer", max_delay_min=0).outcome == "rejected"
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reoptimiser(live, workers, period_s=3600).run)
            await asked.wait()
            tasks.cancel_scope.cancel()


def test_a_low_run_of_a_follower_goes_where_its_neighbours_draw_least(live):
    other = Live()
    other.home(name="flat")
    other.appliance("Heater", 2000, 120, home="flat", asset="heater")
    other.ask("Heater", home="flat")
    profile = profile_published(other.service.look())
    steps = read_profile(json.loads(json.dumps(profile)))
    live.service = live.server(neighbours=InProcessNeighbours([lambda: steps]))
    live.ask("Washer")
    assert live.minutes("1") == [(0, 60)]
    live.service.cancel("1")
    live.change_household("home", {"follows_aggregator": True})
    live.ask("Washer")
    assert live.minutes("2") == [(120, 180)]


def test_a_profile_that_is_none_is_refused():
    for broken in (
        [],
        {"net_w": []},
        {"net_w": [{"from": "now", "w": 1}]},
        {"net_w": [{"from": "2026-01-01", "w": 1}]},
    ):
        with pytest.raises(Refused, match="net_w"):
            read_profile(broken)
    with pytest.raises(Refused, match="no number"):
        read_profile({"net_w": [{"from": "2026-01-01T00:00:00Z", "w": True}]})
    backwards = [{"from": "2026-01-01T00:00:01Z", "w": 1}, {"from": "2026-01-01T00:00:00Z", "w": 2}]
    with pytest.raises(Refused, match="order"):
        read_profile({"net_w": backwards})


def test_profiles_add_up():
    assert InProcessNeighbours([]).others_w() is None
    assert (
        InProcessNeighbours([lambda: StepFunction.constant(1), lambda: StepFunction.constant(2)]).others_w().at(0) == 3
    )


def test_a_meter_among_the_devices_tells_what_a_home_imports(live):
    devices = InMemoryDevices({"meter": 0, "lamp": 0}, clock=live.clock)
    devices.measurements["meter"] = lambda: Measurement(power_w=-1234.5)
    devices.measurements["lamp"] = Measurement
    meters = DeviceMeters(devices.statuses, meters={"home": "meter", "flat": "lamp"}, clock=live.clock, max_age_s=25)
    assert meters.read("home") is None
    devices.request_statuses(due_s=0)
    live.clock.sleep_until(10)
    reading = meters.read("home")
    # Rounded up: no less than what is measured.
    assert (reading.import_w, reading.age_us) == (1235, 10_000_000)
    assert meters.read("flat") is None
    assert meters.read("nobody") is None
    live.clock.sleep_until(26)
    assert meters.read("home") is None


def test_the_timetable_tells_what_is_and_what_is_planned(live):
    live.home(battery={"capacity_wh": 2000, "power_w": 500, "stored_wh": 1000})
    live.ask("Oven")
    live.ask("Washer")
    live.ask("Dryer", power_w=2500, max_delay_min=0)
    live.ask("Oven", queue=True)
    live.watch(10)
    answer = timetable_answer(live.service.look(), "home")
    assert [(run["id"], run["status"], run["outcome"]) for run in answer["runs"]] == [
        ("1", "running", "fit"),
        ("2", "pending", "fit"),
        ("3", "rejected", "rejected"),
        ("4", "pending", None),
    ]
    assert answer["runs"][0]["segments"] == [["2026-06-15T12:00:00Z", "2026-06-15T13:00:00Z"]]
    assert (answer["runs"][0]["progress_min"], answer["runs"][1]["waited_min"]) == (10, 10)
    assert answer["runs"][2]["would_do"]["threshold_w"] is not None
    assert answer["households"][0]["booked_w"][0] == {"from": "2026-06-15T12:10:00Z", "w": 2000}
    assert answer["households"][0]["battery"][0]["charge_w"] > 0
    assert answer["is_attended"]
    told = household_answer(live.service.look(), "home")
    assert (told["booked_w"], told["battery"]["capacity_wh"]) == (2000, 2000)
    assert [entry["name"] for entry in told["appliances"]] == ["Oven", "Washer", "Dryer"]
    json.dumps([answer, told])


def test_a_run_without_end_is_told_with_an_open_end(live):
    live.ask("Oven", duration_min=None)
    assert run_answer(live.service.look(), "1")["segments"] == [["2026-06-15T12:00:00Z", None]]
    assert any("to its end" in sentence for sentence in live.sentences)
