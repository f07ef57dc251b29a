"""What drivers must not forget outlives the process, whenever the store is there."""

from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.templated.control.writing import WriteBudget
from energy_manager.adapters.storage.in_memory.state_repository import InMemoryStateRepository
from energy_manager.application.dispatch import KeepMemories
from energy_manager.application.ports.schedules.durability import StoreUnavailable


class Away:
    """A store that is not there yet."""

    def __init__(self):
        self.there = InMemoryStateRepository()
        self.is_away = True

    def __getattr__(self, name):
        if self.is_away:
            raise StoreUnavailable("not there")
        return getattr(self.there, name)


def memories(documents, site="home"):
    return KeepMemories(site=site, documents=documents)


def test_the_newest_state_is_there_after_a_restart():
    documents = InMemoryStateRepository()
    before = memories(documents)
    assert before.of("a").recall() is None
    before.of("a").remember({"left": 5})
    before.of("a").remember({"left": 4})
    before.of("b").remember({"left": 9})
    before.look()
    after = memories(documents)
    assert (after.of("a").recall(), after.of("b").recall(), after.of("c").recall()) == ({"left": 4}, {"left": 9}, None)
    assert memories(documents, site="other").of("a").recall() is None


def test_what_another_asset_kept_stays_though_it_was_not_asked_for():
    documents = InMemoryStateRepository()
    first = memories(documents)
    first.of("a").remember({"left": 5})
    first.look()
    second = memories(documents)
    second.of("b").remember({"left": 6})
    second.look()
    assert memories(documents).of("a").recall() == {"left": 5}


def test_a_store_that_comes_back_gets_what_was_kept_meanwhile():
    documents = Away()
    keep = memories(documents)
    keep.of("a").remember({"left": 5})
    keep.look()
    documents.is_away = False
    keep.look()
    assert memories(documents).of("a").recall() == {"left": 5}


def spent(budget, *, now_s):
    """How many writes it bears at once."""
    count = 0
    try:
        while True:
            budget.spend(now_s=now_s)
            count += 1
    except LinkError:
        return count


def test_a_restart_does_not_give_back_the_writes_that_a_register_bears():
    documents = InMemoryStateRepository()
    keep = memories(documents)
    first = WriteBudget(100, memory=keep.of("a"), wall_s=lambda: 1000.0)
    assert spent(first, now_s=0.0) == 19, "a fifth at once, one of them kept for the release"
    keep.look()
    again = WriteBudget(100, memory=memories(documents).of("a"), wall_s=lambda: 1000.0)
    assert spent(again, now_s=0.0) == 0
    assert again.left(now_s=0.0) == 1


def test_time_that_passes_between_two_runs_gives_writes_back_and_a_clock_that_goes_backwards_does_not():
    documents = InMemoryStateRepository()
    keep = memories(documents)
    spent(WriteBudget(100, memory=keep.of("a"), wall_s=lambda: 100_000.0), now_s=0.0)
    keep.look()
    for wall_s, left in ((100_000.0 + 3 * 1080.0, 4), (0.0, 1), (1e9, 20)):
        again = WriteBudget(100, memory=memories(documents).of("a"), wall_s=lambda wall_s=wall_s: wall_s)
        assert again.left(now_s=0.0) == left


def test_what_cannot_be_read_back_is_not_believed():
    documents = InMemoryStateRepository()
    keep = memories(documents)
    keep.of("a").remember({"writes_left": "many", "at_s": None})
    assert WriteBudget(100, memory=keep.of("a")).left(now_s=0.0) == 20
