"""Homes, runs and batteries in every kind of store: what one process decided the next one knows."""

import pytest

from energy_manager.domain.errors import Refused
from tests.support.live_appliances import Live

pytestmark = pytest.mark.no_cover  # others take its branches

BATTERY = {"capacity_wh": 2000, "power_w": 1000, "depth_of_discharge": 0.9, "stored_wh": 1500.5, "asset": "battery"}


@pytest.fixture
def live(store):
    live = Live(store=store)
    live.home(3000, battery=BATTERY, strategy="flat")
    live.appliance("Oven", asset="oven")
    live.appliance("Car", 1500, 120, asset="car", interruptible=True, priority="low", max_delay_min=600)
    return live


def test_a_restart_finds_everything_as_it_was(live):
    live.ask("Oven")
    live.ask("Car", max_delay_min=0)
    before = live.service.look()
    after = live.server().look()
    assert after.table.runs == before.table.runs
    assert after.table.homes == before.table.homes
    assert after.batteries == before.batteries != {}


def test_the_loop_reads_what_was_decided(live):
    live.ask("Oven")
    live.ask("Car", max_delay_min=0)
    assert [live.scheduled(asset) for asset in ("oven", "car", "battery")] == [-2000, -1500, 500]


def test_of_two_processes_the_second_decides_on_what_the_first_has_booked(live):
    second = live.server()
    second.look()
    live.ask("Oven")
    assert live.ask("Car", service=second, max_delay_min=600).segments != live.run("1").segments
    with pytest.raises(Refused, match="already running"):
        live.ask("Oven", service=second)
