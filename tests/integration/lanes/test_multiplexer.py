"""One thread makes the calls of many links: each goes on when its own answer is there, and none holds up another."""

import socket
import threading
from functools import partial

import pytest

from energy_manager.adapters.lanes import ElasticPool, Multiplexer, SteppedStrand
from energy_manager.adapters.lanes.steps import Blocking, Course, complete
from energy_manager.adapters.runtime.clocks import MonotonicClock
from tests.support.waiting import eventually

CLOCK = MonotonicClock()


class Bytes:
    """What arrives at a socket within some time."""

    def __init__(self, source, *, within_s=30.0):
        self.source = source
        self.fileno = source.fileno()
        self.until_s = CLOCK.now_s() + within_s

    def take(self):
        try:
            return self.source.recv(100, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None


@pytest.fixture
def multiplexer():
    multiplexer = Multiplexer(ElasticPool(max_threads=20), now_s=CLOCK.now_s)
    yield multiplexer
    multiplexer.close()


@pytest.fixture
def pairs():
    pairs = [socket.socketpair() for _ in range(50)]
    yield pairs
    for pair in pairs:
        for end in pair:
            end.close()


def test_each_call_goes_on_when_its_own_answer_is_there_all_on_one_thread(multiplexer, pairs):
    heard, threads = [], set()

    def call(number, ours):
        for _ in range(2):
            said = yield Bytes(ours)
            threads.add(threading.get_ident())
            heard.append((number, said))

    multiplexer.submit([Course(call(number, ours)) for number, (ours, _) in enumerate(pairs)])
    for word in (b"one", b"two"):
        for number in reversed(range(len(pairs))):
            pairs[number][1].send(word)
            assert eventually(lambda number=number, word=word: heard and heard[-1] == (number, word))
    assert len(heard) == 100
    assert len(threads) == 1


def test_calls_that_many_threads_submit_at_once_are_made_on_one_thread():
    for _ in range(20):
        multiplexer, threads, done = Multiplexer(ElasticPool(max_threads=20), now_s=CLOCK.now_s), set(), []
        all_at_once = threading.Barrier(8)

        def call(threads=threads, done=done):
            threads.add(threading.get_ident())
            done.append(1)
            yield from ()

        def submit(multiplexer=multiplexer, call=call, all_at_once=all_at_once):
            all_at_once.wait(10)
            multiplexer.submit([Course(call())])

        submitters = [threading.Thread(target=submit, daemon=True) for _ in range(8)]
        for submitter in submitters:
            submitter.start()
        assert eventually(lambda done=done: len(done) == 8)
        assert len(threads) == 1
        multiplexer.close()


def test_who_waits_in_vain_hears_so_and_the_others_go_on(multiplexer, pairs):
    heard = []

    def call(number, ours, within_s):
        heard.append((number, (yield Bytes(ours, within_s=within_s))))

    multiplexer.submit([Course(call(0, pairs[0][0], 0.05)), Course(call(1, pairs[1][0], 30.0))])
    assert eventually(lambda: heard == [(0, None)])
    pairs[1][1].send(b"late")
    assert eventually(lambda: heard == [(0, None), (1, b"late")])


def test_what_may_block_waits_on_threads_of_the_pool_and_its_error_comes_back(multiplexer, pairs):
    may_go_on, ended = threading.Event(), []

    def hangs():
        may_go_on.wait(10)
        return "hung"

    def fails():
        raise ZeroDivisionError

    def call(work):
        try:
            ended.append((yield Blocking(work)))
        except ZeroDivisionError:
            ended.append("failed")

    def listen():
        ended.append((yield Bytes(pairs[0][0])))

    calls = [*[call(hangs) for _ in range(10)], call(fails), listen()]
    multiplexer.submit([Course(steps) for steps in calls])
    pairs[0][1].send(b"meanwhile")
    assert eventually(lambda: sorted(map(str, ended)) == ["b'meanwhile'", "failed"])
    may_go_on.set()
    assert eventually(lambda: ended.count("hung") == 10)


def test_a_call_that_raises_ends_nothing_but_itself(multiplexer, pairs):
    heard = []

    def explode():
        yield Bytes(pairs[0][0])
        raise KeyboardInterrupt

    def call():
        heard.append((yield Bytes(pairs[1][0])))

    multiplexer.submit([Course(explode()), Course(call())])
    pairs[0][1].send(b"now")
    pairs[1][1].send(b"heard")
    assert eventually(lambda: heard == [b"heard"])


def test_a_new_connection_with_the_number_of_a_closed_one_is_heard(multiplexer):
    heard, first = [], socket.socketpair()

    def call(source):
        heard.append((yield Bytes(source)))

    multiplexer.submit([Course(call(first[0]))])
    first[1].send(b"first")
    assert eventually(lambda: heard == [b"first"])
    number = first[0].fileno()
    first[0].close()
    second = socket.socketpair()
    assert number in {end.fileno() for end in second}
    ours, theirs = sorted(second, key=lambda end: end.fileno() != number)
    multiplexer.submit([Course(call(ours))])
    theirs.send(b"second")
    assert eventually(lambda: heard == [b"first", b"second"])
    for end in (*second, first[1]):
        end.close()


def test_who_hangs_up_while_nobody_waits_costs_nothing_and_is_heard_at_the_next_call(multiplexer, pairs):
    heard, (ours, theirs) = [], pairs[0]

    def call(source):
        heard.append((yield Bytes(source)))

    multiplexer.submit([Course(call(ours))])
    theirs.send(b"hello")
    assert eventually(lambda: heard == [b"hello"])
    theirs.close()
    multiplexer.submit([Course(call(ours))])
    assert eventually(lambda: heard == [b"hello", b""])


def test_what_goes_first_comes_next_on_its_strand_and_before_the_rest_of_what_lets_it_through():
    strand, done = SteppedStrand(), []

    def read():
        for block in (1, 2):
            yield from strand.urgent()
            done.append(f"block {block}")
            if block == 1:
                assert strand.post(read_too) is None
                assert strand.post(write, goes_first=True) is None

    def read_too():
        done.append("another read")
        yield from ()

    def write():
        done.append("write")
        yield from ()

    complete(strand.post(read).steps)
    assert done == ["block 1", "write", "block 2", "another read"]
    assert strand.post(write) is not None


def test_what_others_wait_for_begins_first_and_goes_on_before_what_nobody_waits_for(pairs):
    pool, started, done, answer = ElasticPool(max_threads=20), [], [], b"answer"
    multiplexer = Multiplexer(pool, now_s=CLOCK.now_s, start=lambda serve, **_: started.append(serve))
    strand, (ours, theirs), others = SteppedStrand(), pairs[0], range(1, 50)
    all_have_begun, all_are_there = threading.Event(), threading.Event()

    def write(name):
        def steps():
            done.append(f"{name} begins")
            yield Bytes(ours)
            done.append(f"{name} is answered")

        return steps

    def alone(number):
        yield Bytes(pairs[number][0])
        done.append(number)

    def wait_for_all():
        all_have_begun.set()
        all_are_there.wait(10)
        yield from ()

    gateway = strand.post(write("first"), goes_first=True)
    for name in ("second", "third"):
        assert strand.post(write(name), goes_first=True) is None
    calls = [*(Course(alone(number)) for number in others), gateway, Course(wait_for_all())]
    multiplexer.submit(calls, go_first=True)
    threading.Thread(target=started[0], daemon=True).start()
    assert all_have_begun.wait(30)
    assert done == ["first begins"]
    for number in others:
        pairs[number][1].send(answer)
    theirs.send(answer)
    all_are_there.set()
    assert eventually(lambda: len(done) == 52)
    assert done[:3] == ["first begins", "first is answered", "second begins"]
    multiplexer.close()


def test_of_many_calls_those_begin_first_that_others_wait_for():
    pool, started, begun = ElasticPool(max_threads=20), [], []
    multiplexer = Multiplexer(pool, now_s=CLOCK.now_s, start=lambda serve, **_: started.append(serve))

    def call(name):
        begun.append(name)
        yield from ()

    alone, gateway = SteppedStrand(), SteppedStrand()
    calls = [strand.post(partial(call, name), goes_first=True) for name, strand in (("one", alone), ("ten", gateway))]
    assert gateway.post(partial(call, "after ten"), goes_first=True) is None
    multiplexer.submit(calls, go_first=True)
    threading.Thread(target=started[0], daemon=True).start()
    assert eventually(lambda: begun == ["ten", "after ten", "one"])
    multiplexer.close()
