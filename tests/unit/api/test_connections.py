"""Who is connected, and who has to go."""

import pytest

from energy_manager.entrypoints.api.security.limits import connections as limits
from energy_manager.entrypoints.api.security.limits.connections import Connections


class Wire:
    """What is under a connection: how much waits to be taken, and whether it was cut."""

    def __init__(self):
        self.unsent = 0
        self.is_cut = False
        self.is_read = True

    def is_reading(self):
        return self.is_read

    def get_write_buffer_size(self):
        return self.unsent

    def abort(self):
        self.is_cut = True


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now_s = 1000.0

        def monotonic(self):
            return self.now_s

    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    return clock


class Book:
    def __init__(self, clock, *, most=8, most_of_a_client=3):
        self.clock = clock
        self.book = Connections(
            most=most, most_of_a_client=most_of_a_client, is_many_clients=lambda client: client == "proxy"
        )

    def enter(self, client="a", *, is_busy=False, has_asked=False):
        connection = self.book.enter(client)
        connection.transport = Wire()
        if is_busy or has_asked:
            connection.asks()
        if has_asked:
            connection.is_answered()
        return connection

    def later(self, seconds, *, is_wanted=False):
        self.clock.now_s += seconds
        self.book.sweep(is_wanted=is_wanted)

    def cut(self, *connections):
        return [connection.transport.is_cut for connection in connections]


@pytest.fixture
def book(clock):
    return Book(clock)


def test_a_head_must_come_within_ten_seconds_and_so_must_the_next_one(book):
    half_open, idle, busy = book.enter(), book.enter(has_asked=True), book.enter(is_busy=True)
    book.later(9.9)
    assert book.cut(half_open, idle, busy) == [False, False, False]
    book.later(0.2)
    assert book.cut(half_open, idle, busy) == [True, True, False]


def test_who_takes_nothing_for_thirty_seconds_is_cut_off_and_who_takes_a_little_is_not(book):
    slow, stalled = book.enter(is_busy=True), book.enter(is_busy=True)
    for left in range(100, 60, -1):
        slow.transport.unsent, stalled.transport.unsent = left, 100
        book.later(1.0)
    assert book.cut(slow, stalled) == [False, True]


def test_an_answer_that_is_not_taken_holds_its_connection_though_its_request_is_over(book):
    connection = book.enter(has_asked=True)
    connection.transport.unsent = 5
    book.later(15)
    assert book.cut(connection) == [False]
    book.later(31)
    assert book.cut(connection) == [True]


def test_beyond_64_mb_of_answers_the_largest_that_are_not_taken_are_cut_off(book):
    connections = [book.enter(is_busy=True) for _ in range(4)]
    for connection, megabytes in zip(connections, (10, 40, 30, 20), strict=True):
        connection.transport.unsent = megabytes * 1_000_000
    book.later(0.25)
    book.later(1.0)
    assert book.cut(*connections) == [False] * 4, "they may just be about to be taken"
    book.later(2.0)
    assert book.cut(*connections) == [False, True, False, False]


def test_where_somebody_waits_quiet_ones_make_room_the_longest_quiet_first(book):
    busy = [book.enter("proxy", is_busy=True) for _ in range(4)]
    quiet = []
    for _ in range(4):
        quiet.append(book.enter("proxy", has_asked=True))
        book.clock.now_s += 1
    assert not book.book.has_room()
    book.later(0, is_wanted=True)
    assert book.cut(*quiet) == [True, True, False, False], "a quarter of the places at a time"
    assert book.cut(*busy) == [False] * 4


def test_nobody_is_sent_away_in_the_first_moments(book):
    connections = [book.enter("proxy") for _ in range(8)]
    book.later(0.4, is_wanted=True)
    assert book.cut(*connections) == [False] * 8


def test_a_client_may_have_its_share_and_a_proxy_as_many_as_there_are(book):
    for _ in range(3):
        book.enter("a")
        book.enter("proxy")
    assert not book.book.admits("a")
    assert book.book.admits("b")
    assert book.book.admits("proxy")
    assert book.book.has_room()


def test_a_clients_longest_quiet_connection_makes_room_for_its_newest(book):
    busy = book.enter("a", is_busy=True)
    old, new, other = book.enter("a"), book.enter("a"), book.enter("b")
    book.book.make_room_for("a")
    assert book.cut(busy, old, new, other) == [False, True, False, False]


def test_half_open_ones_are_counted_against_the_share_even_of_a_proxy(clock):
    book = Book(clock, most=100)
    asked = [book.enter("proxy", has_asked=True) for _ in range(5)]
    half_open = []
    for _ in range(5):
        half_open.append(book.enter("proxy"))
        book.clock.now_s += 0.1
    book.later(0.5)
    assert book.cut(*half_open) == [True, True, False, False, False]
    assert book.cut(*asked) == [False] * 5


def sending(book, client="proxy"):
    """A connection whose request's body is not there yet."""
    connection = book.enter(client)
    connection.asks(is_complete=False)
    return connection


def test_unfinished_bodies_are_counted_against_the_share_even_of_a_proxy(clock):
    book = Book(clock, most=100)
    asked = [book.enter("proxy", is_busy=True) for _ in range(5)]
    unfinished = [sending(book) for _ in range(5)]
    book.later(1.9)
    assert book.cut(*unfinished) == [False] * 5, "a moment is left to everyone"
    book.later(0.2)
    assert book.cut(*unfinished) == [True, True, False, False, False], "the oldest"
    assert book.cut(*asked) == [False] * 5


def test_a_body_that_is_there_holds_its_place(clock):
    book = Book(clock, most=100)
    uploads = [sending(book) for _ in range(5)]
    for connection in uploads:
        connection.asks()
    book.later(60, is_wanted=True)
    assert book.cut(*uploads) == [False] * 5


def test_a_body_that_comes_in_pieces_is_counted_from_its_first_piece_on(clock):
    book = Book(clock, most=100)
    uploads = [sending(book) for _ in range(5)]
    for _ in range(3):
        clock.now_s += 1
        for connection in uploads:
            connection.asks(is_complete=False)
    book.later(0)
    assert book.cut(*uploads) == [True, True, False, False, False]


def test_a_body_that_the_server_has_put_off_reading_is_not_the_clients_fault(clock):
    book = Book(clock, most=100)
    uploads = [sending(book) for _ in range(5)]
    for connection in uploads:
        connection.transport.is_read = False
    book.later(20, is_wanted=True)
    assert book.cut(*uploads) == [False] * 5


def test_where_somebody_waits_unfinished_bodies_make_room_after_the_quiet_ones(book):
    unfinished = [sending(book, client) for client in "abcdefg"]
    quiet = book.enter("h", has_asked=True)
    book.later(2.5, is_wanted=True)
    assert book.cut(quiet, *unfinished) == [True, True] + [False] * 6


def test_whoever_leaves_makes_room_once(book):
    room = []
    book.book.on_room = lambda: room.append(len(book.book))
    first, _ = book.enter("a"), book.enter("a")
    for _ in range(2):
        book.book.leave(first)
    assert (room, len(book.book)) == ([1], 1)
