"""Powers are read as a direction and an amount, never as a bare sign."""

from energy_manager.domain.directions import does, doing, measures, to_do


def test_what_is_delivered_and_what_is_taken_is_said_in_words():
    assert [to_do(power, "5 kW") for power in (5, -5)] == ["to deliver 5 kW", "to take 5 kW"]
    assert [does(power, "5 kW") for power in (5, -5)] == ["delivers 5 kW", "takes 5 kW"]
    assert [doing(power, "5 kW") for power in (5, -5)] == ["delivering 5 kW", "taking 5 kW"]


def test_nothing_has_no_direction():
    assert {say(0, "0 kW") for say in (to_do, does, doing)} == {"0 kW"}
    assert measures(0.0, "0 W") == "measures 0 W"
    assert measures(-3.0, "3 W") == "takes 3 W"
