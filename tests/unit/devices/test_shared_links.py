"""Devices behind one connection share one object."""

import threading

import pytest

from energy_manager.adapters.devices.shared_links import SharedLinks


def test_the_first_that_asks_makes_the_link_and_all_get_it():
    links = SharedLinks()
    bus = links(("bus", 1), object)
    assert links(("bus", 1), object) is bus
    assert links(("bus", 2), object) is not bus


def test_a_link_that_cannot_be_made_is_tried_again():
    links = SharedLinks()

    def refused():
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        links("bus", refused)
    assert links("bus", lambda: "made") == "made"


def test_a_link_that_takes_for_ever_holds_up_only_those_that_ask_for_it():
    links, hangs = SharedLinks(), threading.Event()

    def make():
        hangs.wait(10)
        return "late"

    asking = threading.Thread(target=links, args=("hung", make))
    asking.start()
    assert links("well", lambda: "made") == "made"
    hangs.set()
    asking.join(10)
    assert links("hung", object) == "late"
