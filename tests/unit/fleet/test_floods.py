"""What a site sends too much of is left out, and told once in a while."""

from energy_manager.adapters.fleet.nats.buses import MOST_A_SECOND, SAID_AGAIN_S, Floods


def test_so_many_messages_of_a_kind_are_taken_in_a_second_and_the_others_of_other_sites_all_the_same():
    now = [100.0]
    floods = Floods(lambda: now[0])
    taken = [not floods.is_too_much("north.state") for _ in range(2 * MOST_A_SECOND)]
    assert taken == [True] * MOST_A_SECOND + [False] * MOST_A_SECOND
    assert not floods.is_too_much("south.state")
    now[0] += 1.0
    assert not floods.is_too_much("north.state")


def test_it_is_said_of_each_site_once_in_a_while():
    now = [0.0]
    floods = Floods(lambda: now[0])
    assert [floods.is_to_be_said(site) for site in ("north", "north", "south")] == [True, False, True]
    now[0] += SAID_AGAIN_S
    assert floods.is_to_be_said("north")
