"""One master: who may take the lease, how it is kept, and what becomes of the one who loses it."""

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.mastership import AnotherMaster, Mastership, OtherSite, is_given_back, leases_of
from energy_manager.application.ports.processes import ProcessIdentity
from energy_manager.application.ports.schedules.durability import StoreUnavailable


def process(name, *, host="here", boot="first", namespace="root"):
    return ProcessIdentity(id=name, host=host, machine=host, boot=boot, namespace=namespace, pid=7, started="1")


class Documents:
    """A store that can be away, or keep things without saying so."""

    def __init__(self):
        self.repository = InMemoryStore().repository
        self.is_away = False
        self.keeps_silently = False

    def _look(self):
        if self.is_away:
            raise StoreUnavailable("gone")

    def document(self, kind, document_id):
        self._look()
        return self.repository.document(kind, document_id)

    def documents(self, kind):
        self._look()
        return self.repository.documents(kind)

    def put_document(self, *arguments, **options):
        self._look()
        kept = self.repository.put_document(*arguments, **options)
        if self.keeps_silently:
            raise StoreUnavailable("no answer", is_undone=False)
        return kept


class World:
    """Processes, some of them alive, on one store; time passes when somebody sleeps."""

    def __init__(self):
        self.documents = Documents()
        self.alive = set()
        self.now_s = 0.0
        self.meanwhile = lambda: None

    def sleep(self, seconds):
        self.now_s += seconds
        self.meanwhile()

    def start(self, name, *, site="factory", takeover=False, **where):
        """A process that begins to command."""
        mastership = self.waiting(name, site=site, **where)
        mastership.take(takeover=takeover)
        self.alive.add(name)
        return mastership

    def waiting(self, name, *, site="factory", **where):
        return Mastership(
            site=site,
            documents=self.documents,
            processes=Seen(self, process(name, **where)),
            journal=InMemoryJournal(),
            elapsed_s=lambda: self.now_s,
            sleep_s=self.sleep,
        )


class Seen:
    """Processes as one of them sees them: of another host it knows nothing."""

    def __init__(self, world, this):
        self._world, self._this = world, this

    def this(self):
        return self._this

    def is_alive(self, other):
        if (other.host, other.boot, other.namespace) != (self._this.host, self._this.boot, self._this.namespace):
            return None
        return other.id in self._world.alive


@pytest.fixture
def world():
    return World()


def test_the_first_one_commands(world):
    first = world.start("first")
    assert first.may_command()
    assert first.epoch == 1


def test_a_second_one_on_the_same_machine_is_refused_at_once(world):
    world.start("first")
    with pytest.raises(AnotherMaster, match="commands the site 'factory' already: stop it first"):
        world.start("second")
    with pytest.raises(AnotherMaster, match="already"):
        world.start("second", takeover=True)
    assert world.now_s == 0


def test_a_dead_holder_is_succeeded_at_once_and_epochs_grow(world):
    world.start("first")
    world.alive.clear()
    assert world.start("second").epoch == 2
    assert world.now_s == 0


def test_a_lease_that_was_given_back_is_free_and_its_epoch_is_remembered(world):
    world.start("first").give_back(timeout_s=1)
    assert world.start("second", host="there").epoch == 2
    assert world.now_s == 0


def test_a_living_holder_on_another_machine_is_known_by_its_renewals(world):
    first = world.start("first")
    world.meanwhile = first.look
    for takeover in (False, True):
        with pytest.raises(AnotherMaster, match="already"):
            world.start("second", host="there", takeover=takeover)
    assert first.may_command()


def test_a_silent_holder_on_another_machine_needs_the_word_of_a_person(world):
    world.start("first")
    with pytest.raises(AnotherMaster, match=r"no sign of life for 15 s: make sure .* --takeover"):
        world.start("second", host="there")
    assert world.start("second", host="there", takeover=True).epoch == 2


def test_a_container_that_was_started_again_needs_nobody(world):
    world.start("first", namespace="container 1")
    assert world.start("second", namespace="container 2").epoch == 2


def test_who_loses_the_lease_commands_nothing_any_more_and_says_it_once(world):
    first = world.start("first")
    world.start("second", host="there", takeover=True)
    first.look()
    first.look()
    assert not first.may_command()
    assert "commands the site 'factory' now, in epoch 2: this process commands nothing any more" in first.lost
    assert [event.sentence for event in first.journal.events] == [first.lost]


def test_nobody_counts_on_a_lease_until_it_has_expired_for_others(world):
    first = world.start("first")
    world.now_s += 14
    assert not first.may_command()
    first.look()
    assert first.may_command()


def test_a_process_that_was_stopped_while_another_took_over_never_commands_again(world):
    first = world.start("first")
    world.start("second", host="there", takeover=True)
    assert not first.may_command()
    first.look()
    assert first.lost


def test_a_store_that_is_away_stops_nobody(world):
    first = world.start("first")
    world.documents.is_away = True
    for _ in range(20):
        world.now_s += 3
        first.look()
        assert first.may_command()
    world.documents.is_away = False
    first.look()
    assert first.may_command()
    assert first.epoch == 1


def test_without_a_store_at_the_start_the_lease_is_taken_when_it_is_there(world):
    world.documents.is_away = True
    first = world.start("first")
    assert first.may_command()
    assert first.epoch == 0
    world.documents.is_away = False
    first.look()
    assert first.epoch == 1


def test_who_started_without_a_store_yields_to_whom_it_finds_there(world):
    world.documents.is_away = True
    first = world.start("first", host="there")
    world.documents.is_away = False
    world.start("second")
    first.look()
    assert first.lost


def test_a_renewal_whose_answer_was_lost_is_no_loss(world):
    first = world.start("first")
    world.documents.keeps_silently = True
    first.look()
    world.documents.keeps_silently = False
    first.look()
    first.look()
    assert first.may_command()


def test_a_store_that_was_begun_anew_is_taken_in_a_later_epoch(world):
    first = world.start("first")
    world.documents.repository = InMemoryStore().repository
    first.look()
    assert (first.epoch, first.lost) == (2, "")


def test_that_nobody_commands_any_more_is_known_where_the_lease_was_given_back(world):
    assert not is_given_back(world.documents), "nobody ever held it, so nothing is known"
    first = world.start("first")
    assert not is_given_back(world.documents)
    first.give_back(timeout_s=1)
    assert is_given_back(world.documents)
    world.start("second")
    assert not is_given_back(world.documents)


def test_a_store_belongs_to_one_site(world):
    world.start("first").give_back(timeout_s=1)
    with pytest.raises(OtherSite, match="belongs to the site 'factory', not to 'school'"):
        world.start("second", site="school")


def test_of_two_that_start_at_once_one_commands(world):
    first, second = world.waiting("first"), world.waiting("second")
    world.alive |= {"first", "second"}
    keep = world.documents.put_document

    def overtaken(*arguments, **options):
        world.documents.put_document = keep
        second.take(takeover=False)
        return keep(*arguments, **options)

    world.documents.put_document = overtaken
    with pytest.raises(AnotherMaster):
        first.take(takeover=False)
    (lease,) = leases_of(world.documents)
    assert lease.holder == process("second")
