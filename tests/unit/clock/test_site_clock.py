"""The site's time of day: steady, and a jump of the wall clock is taken over only when everybody was told."""

from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.clock import ClockRecord, SiteClock, WatchClock, kept_clock, trust_of_store
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.clock_trust import ClockMark

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEARS = timedelta(days=1095)


class Machine:
    """A machine whose clock can be set; time passes when it is told to."""

    def __init__(self, *, name="boot", uptime_s=100.0, at=NOON):
        self.name, self.uptime_s, self.at = name, uptime_s, at

    def __call__(self):
        return ClockMark(at=self.at, machine=self.name, uptime_s=self.uptime_s)

    def run(self, lasting):
        self.uptime_s += lasting.total_seconds()
        self.at += lasting


class Site:
    def __init__(self, machine=None, store=None):
        self.machine = machine or Machine()
        self.books = (store or InMemoryStore()).repository
        self.clock = SiteClock(read=self.machine)
        self.journal = InMemoryJournal()
        self.newest = None
        self.jumps = []
        self.is_away = False
        self.watch = WatchClock(
            clock=self.clock,
            documents=self.books,
            newest_record=lambda: self.newest,
            on_jump=self.told,
            journal=self.journal,
        )

    def told(self, jump, adopt):
        if self.is_away:
            raise StoreUnavailable("gone")
        assert self.clock.is_moving
        self.jumps.append(jump)
        adopt()

    def watch_for(self, lasting, every=timedelta(seconds=0.5)):
        end_s = self.machine.uptime_s + lasting.total_seconds()
        while self.machine.uptime_s < end_s:
            self.machine.run(every)
            self.watch.look()

    @property
    def sentences(self):
        return [event.sentence for event in self.journal.events]


def test_small_steps_are_followed_at_once_and_are_no_news():
    site = Site()
    site.machine.at += timedelta(seconds=1)
    site.watch.look()
    assert site.clock.now() == site.machine.at
    assert (site.jumps, site.sentences) == ([], [])


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEARS])
def test_a_jump_is_told_and_only_then_the_time_of_day(jump):
    site = Site()
    site.watch.look()
    before = site.clock.now()
    site.machine.at += jump
    site.watch.look()
    assert site.clock.now() == before
    site.watch_for(timedelta(seconds=3))
    assert site.jumps == [jump]
    assert site.clock.now() == site.machine.at
    assert "the clock was set" in site.sentences[1]


def test_a_jump_that_is_taken_back_at_once_never_was():
    site = Site()
    site.watch.look()
    site.machine.at += YEARS
    site.watch_for(timedelta(seconds=1))
    site.machine.at -= YEARS
    site.watch_for(timedelta(seconds=5))
    assert site.jumps == []
    assert site.clock.now() == site.machine.at


def test_a_jump_waits_for_the_store_and_time_goes_on_as_it_was():
    site = Site()
    site.watch.look()
    site.machine.at += HOUR
    site.is_away = True
    site.watch_for(timedelta(seconds=10))
    assert site.clock.now() == site.machine.at - HOUR
    site.is_away = False
    site.watch_for(timedelta(seconds=1))
    assert site.clock.now() == site.machine.at


def test_a_jump_makes_the_clock_doubtful_and_retention_goes_by_what_has_passed():
    site = Site()
    site.watch.look()
    site.machine.at += YEARS
    site.watch_for(timedelta(seconds=10))
    assert not site.clock.trust().is_trusted
    assert site.clock.lived_until() == NOON + timedelta(seconds=10)
    site.machine.at -= YEARS
    site.watch_for(timedelta(seconds=10))
    assert site.clock.trust().is_trusted
    assert site.clock.lived_until() == NOON + timedelta(seconds=20)
    assert "the clock is believed again" in site.sentences


def test_a_clock_that_is_ahead_at_the_start_is_known_by_the_store():
    site = Site()
    site.watch.look()
    site.machine.run(DAY)
    again = Site(Machine(uptime_s=site.machine.uptime_s + 60, at=site.machine.at + YEARS))
    again.books.put_document("clock", "clock", site.books.document("clock", "clock").body)
    again.watch.look()
    assert not again.clock.trust().is_trusted
    assert again.clock.lived_until() == NOON + DAY + timedelta(seconds=60)
    # And the mark it leaves is still the right time: the next start with a right clock is not doubted.
    third = Machine(uptime_s=again.machine.uptime_s + 60, at=site.machine.at + timedelta(seconds=120))
    assert trust_of_store(again.books, third()).is_trusted


def test_a_clock_that_keeps_in_step_for_a_day_is_believed():
    site = Site()
    site.newest = NOON - YEARS
    site.watch.look()
    assert not site.clock.trust().is_trusted
    assert site.clock.lived_until() == NOON - YEARS
    site.watch_for(DAY, every=timedelta(minutes=10))
    assert site.clock.trust().is_trusted
    assert site.clock.lived_until() == site.machine.at


def test_a_restart_of_the_machine_deletes_nothing_by_the_time_it_was_off():
    kept = ClockRecord(mark=ClockMark(at=NOON, machine="before", uptime_s=9.0), lived_until=NOON)
    clock = SiteClock(read=Machine(at=NOON + 5 * DAY))
    clock.begin(kept, newest_record=NOON)
    assert clock.trust().is_trusted
    assert clock.lived_until() == NOON


def test_before_the_store_could_be_read_nothing_may_be_deleted():
    assert SiteClock(read=Machine()).lived_until() is None


def test_the_store_is_told_the_time_now_and_then():
    site = Site()
    site.watch.look()
    first = kept_clock(site.books)
    site.watch_for(timedelta(seconds=20))
    assert kept_clock(site.books) == first
    site.watch_for(timedelta(seconds=20))
    assert kept_clock(site.books).mark.at > first.mark.at
