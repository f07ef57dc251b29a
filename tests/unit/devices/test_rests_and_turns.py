"""What failed rests, longer each time; the link goes to writes first, then to who came first."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.links.errors import LinkBusy
from energy_manager.adapters.devices.links.rests import BACK_OFF_S, Quarantine, Rests
from energy_manager.adapters.devices.links.turns import TurnQueue, Turns
from tests.support.waiting import eventually


def test_a_refused_link_rests_for_1_2_5_and_at_most_60_seconds_and_begins_anew_after_a_success():
    rests = Rests(BACK_OFF_S)
    seen = []
    for _ in range(8):
        rests.failed(100.0)
        seen.append(rests.left_s(100.0))
    assert seen == [1, 2, 5, 10, 20, 60, 60, 60]
    assert rests.left_s(160.0) == 0
    rests.succeeded()
    assert rests.left_s(100.0) == 0
    rests.failed(100.0)
    assert rests.left_s(100.0) == 1


def test_a_unit_rests_from_its_second_failure_in_a_row_and_its_neighbours_do_not():
    quarantine = Quarantine()
    seen = []
    for _ in range(7):
        quarantine.failed(3, 0.0)
        seen.append(quarantine.left_s(3, 0.0))
    assert seen == [0, 5, 10, 20, 40, 60, 60]
    assert quarantine.left_s(4, 0.0) == 0
    quarantine.succeeded(3)
    quarantine.failed(3, 0.0)
    assert quarantine.left_s(3, 0.0) == 0, "one failure is none in a row"


def test_writes_go_before_reads_and_each_in_the_order_in_which_they_came():
    queue = TurnQueue()
    holder = queue.ask(is_write=False)
    assert holder.has_turn
    read_1, write_1, read_2, write_2 = (queue.ask(is_write=is_write) for is_write in (False, True, False, True))
    order = []
    current = holder
    while (current := queue.leave(current)) is not None:
        order.append(current)
    assert order == [write_1, write_2, read_1, read_2]
    assert queue.ask(is_write=True).has_turn


@given(st.lists(st.tuples(st.sampled_from(["read", "write", "leave", "give up"]), st.integers(0, 10)), max_size=60))
def test_never_two_have_the_turn_and_never_nobody_while_some_wait(moves):
    queue = TurnQueue()
    present = []
    for move, number in moves:
        if move in {"read", "write"}:
            present.append(queue.ask(is_write=move == "write"))
        elif present:
            holders = [ticket for ticket in present if ticket.has_turn]
            waiting = [ticket for ticket in present if not ticket.has_turn]
            who = holders if move == "leave" else waiting
            if who:
                gone = who[number % len(who)]
                present.remove(gone)
                queue.leave(gone)
        assert sum(ticket.has_turn for ticket in present) == (1 if present else 0)


def test_who_waited_long_enough_gives_up_and_stands_in_line_no_more():
    turns = Turns()
    with turns.turn(is_write=False, wait_s=1.0):
        with pytest.raises(LinkBusy), turns.turn(is_write=True, wait_s=0.01):
            raise AssertionError("nobody gave it the turn")
        assert turns.waiting == 0
    with turns.turn(is_write=True, wait_s=0.0):
        pass


def test_threads_get_the_link_writes_first():
    turns, order, threads = Turns(), [], []

    def use(name: str, is_write: bool) -> None:
        with turns.turn(is_write=is_write, wait_s=30.0):
            order.append(name)

    with turns.turn(is_write=True, wait_s=1.0):
        for number, (name, is_write) in enumerate([("read 1", False), ("read 2", False), ("write", True)], 1):
            threads.append(threading.Thread(target=use, args=(name, is_write), daemon=True))
            threads[-1].start()
            assert eventually(lambda number=number: turns.waiting == number)
    for thread in threads:
        thread.join(10)
    assert order == ["write", "read 1", "read 2"]


def test_a_failure_inside_a_turn_gives_the_turn_back():
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn(is_write=True, wait_s=0.0):
        raise ZeroDivisionError
    with turns.turn(is_write=True, wait_s=0.0):
        pass
