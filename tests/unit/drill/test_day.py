"""A day of a drill: from its seed alone, every kind once."""

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.drill import KINDS, DrillSite, Port, day_of

SITE = DrillSite(
    most={"a": 100, "b": 50},
    told=("a", "b"),
    ramps={},
    connections={"a": "bus", "b": "bus", "meter": "meter"},
)


def test_there_are_at_least_forty_kinds_over_all_ports():
    assert len(KINDS) >= 40
    assert {kind.port for kind in KINDS} == set(Port)
    assert len({kind.label for kind in KINDS}) == len(KINDS)


@given(st.integers(0, 10**6))
def test_a_day_has_each_kind_once_and_is_the_same_again_by_its_seed(seed):
    day = list(day_of(seed, SITE))
    assert sorted(episode.kind.label for episode in day) == sorted(kind.label for kind in KINDS)
    assert day == list(day_of(seed, SITE))
    assert all(0.0 <= episode.hour < 24.0 for episode in day)


@given(st.integers(0, 10**6))
def test_what_is_scheduled_leaves_the_others_room_to_carry(seed):
    for episode in day_of(seed, SITE):
        for level in episode.levels:
            assert all(0 <= power <= 0.6 * SITE.most[asset_id] for asset_id, power in level.items())


def test_a_fault_of_a_connection_hits_all_its_assets():
    hit = {episode.kind.name: set(episode.hit) for episode in day_of(1, SITE) if episode.kind.port is Port.LINK}
    assert hit["down"] == {"a", "b"}


def test_a_site_with_one_asset_cannot_have_its_answers_swapped():
    site = DrillSite(most={"a": 100}, told=("a",), ramps={}, connections={"a": "a"})
    assert "answers swapped" not in {episode.kind.name for episode in day_of(1, site)}
