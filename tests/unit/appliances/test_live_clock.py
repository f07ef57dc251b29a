"""A clock that is wrong for a while: homes come back with it, and what is on stays on."""

from datetime import timedelta

import pytest

from energy_manager.application.clock import ClockDoubtful
from energy_manager.domain.clock_trust import ClockTrust
from tests.support.live_appliances import Live

YEAR = timedelta(days=365)
DOUBTFUL = ClockTrust(why="the clock is 365 days ahead of the newest record", off=YEAR)


@pytest.fixture
def live():
    live = Live()
    live.home()
    live.appliance("Oven", asset="oven")
    live.appliance("Washer", 1500, 30, asset="washer", max_delay_min=70)
    live.ask("Oven", max_delay_min=0)
    live.ask("Washer")
    live.watch(20)
    return live


def kept(live):
    kinds = ("appliance_building", "appliance_run", "household")
    return [live.store.repository.documents(kind) for kind in kinds]


def jump(live, by):
    def adopt():
        live.start += by

    live.service.clock_jumped(by, adopt)


@pytest.mark.no_cover
@pytest.mark.parametrize("by", [timedelta(hours=1), -timedelta(hours=1), YEAR, -YEAR, timedelta(minutes=40)])
def test_an_uninterruptible_run_outlives_a_jump_with_what_it_has_left(live, by):
    jump(live, by)
    assert live.scheduled("oven") == -2000
    # Minutes are counted from the start, which has moved with the clock.
    assert live.minutes("1") == [(0, 60)]
    assert live.minutes("2") == [(60, 90)]
    live.watch(39)
    assert live.scheduled("oven") == -2000
    live.watch(2)
    assert live.scheduled("oven") is None
    assert live.scheduled("washer") == -1500


def test_what_is_over_does_not_begin_again_when_the_clock_goes_back(live):
    live.watch(50)
    jump(live, -timedelta(hours=1))
    assert live.status("1") == "finished"
    assert live.scheduled("oven") is None
    assert live.scheduled("washer") == -1500


def test_nothing_stands_still_after_a_jump(live):
    jump(live, -timedelta(hours=1))
    live.watch(41)
    assert [live.status(run) for run in ("1", "2")] == ["finished", "running"]


def test_a_jump_that_the_store_does_not_take_is_no_jump(live):
    live.repository.is_away = True
    with pytest.raises(Exception, match="pulled out"):
        jump(live, timedelta(hours=1))
    live.repository.is_away = False
    assert live.minutes("1") == [(0, 60)]
    assert live.scheduled("oven") == -2000


def test_a_question_with_the_clock_a_year_ahead_changes_nothing(live):
    before = kept(live)
    live.start += YEAR
    live.command().look()
    live.start -= YEAR
    assert [
        live.store.repository.documents(kind) for kind in ("appliance_building", "appliance_run", "household")
    ] == before
    live.watch(1)
    assert live.minutes("1") == [(0, 60)]


def test_a_command_with_a_doubtful_clock_shows_what_is_kept_and_changes_nothing(live):
    live.start += YEAR
    command = live._service(site=None, meter=live.meter, trust=lambda: DOUBTFUL)
    assert command.look().status("1") == "running"
    with pytest.raises(ClockDoubtful, match="365 days ahead"):
        live.ask("Washer", service=command)


def test_homes_come_back_to_the_clock_at_the_next_start(live):
    live.start += YEAR
    live.service = live.server()
    live.service.pass_time()
    live.start -= YEAR
    live.service = live.server()
    live.service.pass_time()
    live.appliance("Car", 500, 10, asset="car")
    live.ask("Car")
    assert live.minutes("3") == [(20, 30)]
    assert any("move back" in sentence for sentence in live.sentences)


def test_at_a_start_with_a_doubtful_clock_nothing_is_missed(live):
    live.start += YEAR
    live.service = live.server(trust=lambda: DOUBTFUL)
    live.service.pass_time()
    assert [live.status(run) for run in ("1", "2")] == ["running", "pending"]
    live.start -= YEAR
    live.service = live.server()
    live.service.pass_time()
    assert [live.status(run) for run in ("1", "2")] == ["running", "pending"]
    live.watch(80)
    assert [live.status(run) for run in ("1", "2")] == ["finished", "finished"]
