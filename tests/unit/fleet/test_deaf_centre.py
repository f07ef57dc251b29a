"""A centre that was killed, or whose server was, has heard nothing: it replaces nobody for that."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fleet_world import FleetWorld

pytestmark = pytest.mark.no_cover  # others take its branches

KWS = (40, 25, 10, 30, 15, 20, 35)
NEED_KW = 90


def spread_fleet():
    """Each site has its own moment of a beat: those that are not ordered anything speak before the others."""
    world = FleetWorld()
    world.add_centre()
    for number, kw in enumerate(KWS):
        world.site(f"s{number}", kw, price=50.0 + number, phase_s=3.9 - 0.5 * number)
    world.step(0.5, times=10)
    world.centre.activate(world.activation(NEED_KW, minutes=60))
    world.step(0.5, times=20)
    assert NEED_KW <= world.delivered_kw() < NEED_KW + max(KWS)
    return world


def watched(world, seconds, *, until=lambda: False):
    """Time passes, and at no moment is more delivered than the need and one site, or less than the need."""
    ends_s = world.elapsed_s + seconds
    while world.elapsed_s < ends_s and not until():
        world.step(0.5)
        assert NEED_KW <= world.delivered_kw() < NEED_KW + max(KWS), (world.elapsed_s, world.states())


def kill_centre(world, away_s):
    dead = world.centres.pop()
    dead.bus.close()
    watched(world, away_s)
    world.add_centre(f"centre at {world.elapsed_s}")


def kill_server(world, away_s):
    """Sites try again after as long as the server was away."""
    ends = [site.bus for site in world.sites.values()]
    for end in [*ends, world.centres[0].bus]:
        end.cut()
    watched(world, away_s)
    world.centres[0].bus.mend()
    for number, end in enumerate(ends):
        watched(world, min(away_s, 30) / len(ends) if number else 0)
        end.mend()


def stop_server(world, away_s):
    """It takes and gives nothing, and nobody is told."""
    sites, world.sites = world.sites, {}
    for _ in range(int(away_s)):
        world.step(1.0)
    world.sites = sites


TROUBLES = {"centre": kill_centre, "server": kill_server, "stop": stop_server}
AWAY_S = st.sampled_from([1, 6, 13, 25])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(TROUBLES)), AWAY_S, st.integers(0, 20)), min_size=1, max_size=2))
def test_whatever_happens_to_centre_and_server_no_site_is_replaced_that_delivers(troubles):
    world = spread_fleet()
    for kind, away_s, calm_s in troubles:
        TROUBLES[kind](world, away_s)
        watched(world, calm_s)
    watched(world, 60)
    assert set(world.states().values()) == {"delivering"}


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_a_site_that_was_lost_meanwhile_is_replaced_once_the_centre_hears_again(kind):
    world = spread_fleet()
    dead = world.sites.pop("s0")
    dead.bus.close()
    lost_kw, need_kw = KWS[0], NEED_KW
    for one in world.centres:
        assert one.centre.is_active
    if kind == "stop":
        stop_server(world, 13)
    else:
        world.centres[0].bus.cut()
        if kind == "centre":
            world.centres.pop()
        world.step(1.0, times=13)
        if kind == "centre":
            world.add_centre("next")
        else:
            world.centres[0].bus.mend()
    world.step(1.0, times=45)
    assert world.states()["s0"] == "cancelled"
    assert world.delivered_kw() >= need_kw > need_kw - lost_kw
