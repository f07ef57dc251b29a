"""What Home Assistant asks for: a schedule of comfort authority with an end; what cannot be is refused and said."""

from datetime import timedelta

import pytest
from loguru import logger

from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Authority, Schedule, ScheduleIndex, Source, TimeBlock
from tests.support.home_assistant import Talking


@pytest.fixture
def lines():
    lines = []
    handler = logger.add(lambda line: lines.append(str(line).strip()), format="{message}")
    yield lines
    logger.remove(handler)


def targets(home, base=None):
    return ScheduleIndex(home.store.repository.unfinished_at(home.now)).at(home.now).over(base or {}).targets


def test_an_order_is_a_schedule_of_comfort_authority_that_ends_by_itself(lines):
    home = Talking()
    home.order("2")
    (accepted,) = home.store.repository.all()
    assert accepted.decider.label == "home_assistant:comfort:battery"
    assert accepted.schedule.source.authority is Authority.COMFORT
    assert accepted.schedule.end == home.now + timedelta(hours=1)
    assert lines == ["Home Assistant, battery: 2 kW until 2026-03-02 13:00:00 UTC, where no plan speaks"]
    assert home.state()["order"] == 2
    home.wait(3600)
    home.talk.look()
    assert targets(home) == {}
    assert home.state()["order"] is None


def test_a_plan_stands_above_an_order_and_the_site_s_own_schedule_below():
    home = Talking()
    home.order("2")
    assert targets(home, base={"battery": 1}) == {"battery": 2}
    block = TimeBlock(start=home.now, end=home.now + timedelta(minutes=5), targets={"battery": -3})
    home.store.repository.put(Schedule(id="plan", source=Source.MANUAL, blocks=(block,)))
    assert targets(home) == {"battery": -3}
    home.talk.look()
    assert home.state()["order"] == 2, "it holds again when the plan ends"


def test_orders_are_lines_of_the_logbook():
    home = Talking()
    home.order("2")
    home.order("1")
    home.broker.say(home.topics.release("battery"), "release")
    home.talk.look()
    withdrawn, newer, first = (record.entry for record in home.store.repository.log_page())
    assert (first.actor.who, first.action, first.subject) == ("Home Assistant", "asset ordered", "battery")
    assert (first.before, newer.before, withdrawn.before) == (None, {"target": 2}, {"target": 1})
    assert newer.after == {"target": 1, "until": "2026-03-02T13:00:00+00:00"}
    assert withdrawn.action == "order withdrawn"


def test_a_newer_order_takes_the_place_of_the_one_before_and_zero_is_an_order():
    home = Talking()
    home.order("2")
    home.order("0")
    assert targets(home) == {"battery": 0}
    assert len(home.store.repository.all()) == 1


def test_release_withdraws_the_order(lines):
    home = Talking()
    home.order("2.0")
    home.broker.say(home.topics.release("battery"), "release")
    home.talk.look()
    assert home.store.repository.all() == ()
    assert lines[-1] == "Home Assistant, battery: order withdrawn"
    home.broker.say(home.topics.release("battery"), "release")
    home.talk.look()
    assert lines[-1] == "Home Assistant, battery: there is no order"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("4", "4 kW is outside -4 to 3 kW, the limits of the asset"),
        ("-4.5", "-4.5 kW is outside -4 to 3 kW, the limits of the asset"),
        ("1e999", "1e999 kW is outside -4 to 3 kW, the limits of the asset"),
        ("1.5", "1.5 kW is not a whole number of kW"),
        ("", "'' is no number of kW"),
        ("None", "'None' is no number of kW"),
        ("nan", "'nan' is no number of kW"),
        ("Infinity", "'Infinity' is no number of kW"),
        ("2" * 5000, f"'{'2' * 40}…' is no number of kW"),
        ("zwölf", "'zwölf' is no number of kW"),
    ],
)
def test_what_cannot_be_is_refused_with_a_line_and_changes_nothing(lines, payload, why):
    home = Talking()
    home.order("1")
    home.broker.take()
    home.order(payload)
    assert lines[-1] == f"Home Assistant, battery: {why}; order refused"
    assert targets(home) == {"battery": 1}
    assert home.state()["order"] == 1, "said again, so that the refused number does not stay on show"


def test_bytes_that_are_no_text_are_refused(lines):
    home = Talking()
    home.talk._hear_order("battery", type("Heard", (), {"payload": b"\xff\xfe", "arrived_at_s": 1.0}))
    home.talk.look()
    assert lines[-1].endswith("is no number of kW; order refused")


def test_an_order_that_the_broker_retained_is_of_unknown_age_and_ignored(lines):
    home = Talking()
    home.order("2", is_retained=True)
    assert home.store.repository.all() == ()
    assert "is of unknown age: ignored" in lines[0]


def test_of_ten_thousand_orders_the_newest_is_carried_out(lines):
    home = Talking()
    for number in range(10_000):
        home.broker.say(home.topics.command("battery"), str(number % 4))
    home.talk.look()
    assert targets(home) == {"battery": 3}
    assert len(lines) == 1


def test_a_household_s_appliance_and_a_meter_take_no_orders():
    home = Talking()
    assert home.topics.command("washer") not in home.broker.listeners
    assert home.topics.command("grid") not in home.broker.listeners
    with pytest.raises(Refused, match="no asset of this name"):
        home.orders.order("stranger", 1)


class StoreAway:
    """A repository whose store is away."""

    def revision(self):
        raise StoreUnavailable("the disk is full")

    def commit(self, changes):
        raise StoreUnavailable("the disk is full")


def test_while_the_store_is_away_orders_are_said_to_be_lost_and_states_go_on(lines):
    home = Talking()
    home.orders.schedules = StoreAway()
    home.order("2")
    home.talk.look()
    assert lines == [
        "Home Assistant, battery: the order cannot be stored: the disk is full",
        "Home Assistant: the orders in force cannot be read: the disk is full",
    ]
    assert home.state()["order"] is None
