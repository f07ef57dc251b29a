"""Standard output and error never hold up whoever writes."""

import contextlib
import os
import threading
import time

import pytest

from energy_manager.adapters.runtime.muting import muted
from energy_manager.adapters.runtime.output import DroppingStream
from tests.support.waiting import eventually


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        with contextlib.suppress(OSError):
            os.close(fd)


def soon() -> float:
    return time.monotonic() + 5


def test_lines_arrive_whole_and_in_order(pipe):
    reader, writer = pipe
    stream = DroppingStream(writer)
    print("one", end="", file=stream)
    print(" two", file=stream)
    print("three\nfour", file=stream)
    stream.drain(until_s=soon())
    assert os.read(reader, 1000) == b"one two\nthree\nfour\n"


def test_what_a_muted_thread_prints_is_not_written_where_that_is_allowed(pipe):
    reader, writer = pipe
    for may_be_muted, arrives in ((True, b"after\n"), (False, b"meanwhile\nafter\n")):
        stream = DroppingStream(writer, may_be_muted=may_be_muted)
        with muted():
            print("meanwhile", file=stream)
        print("after", file=stream)
        stream.drain(until_s=soon())
        assert os.read(reader, 1000) == arrives


def test_lines_of_different_threads_do_not_mix(pipe):
    reader, writer = pipe
    stream = DroppingStream(writer)

    def write(name):
        for _ in range(20):
            print(name * 10, end="", file=stream)
            print(name * 10, file=stream)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream.drain(until_s=soon())
    lines = os.read(reader, 100_000).decode().splitlines()
    assert sorted(set(lines)) == [name * 20 for name in "abcdefgh"]
    assert len(lines) == 160


def test_a_pipe_that_nobody_reads_stops_nobody_and_what_is_dropped_is_counted(pipe):
    reader, writer = pipe
    stream = DroppingStream(writer, max_lines=100)
    for _ in range(5000):
        print("x" * 1000, file=stream)
    assert stream.dropped > 4000
    stream.drain(until_s=time.monotonic() + 0.01)

    def read_on():
        return b"lines were dropped here" in os.read(reader, 1 << 20)

    assert eventually(read_on)


def test_a_line_without_end_does_not_grow_for_ever(pipe):
    reader, writer = pipe
    stream = DroppingStream(writer)
    for _ in range(10):
        stream.write("y" * 10_000)
    assert eventually(lambda: os.read(reader, 1 << 16))


def test_a_reader_that_is_gone_is_no_error(pipe):
    reader, writer = pipe
    os.close(reader)
    stream = DroppingStream(writer)
    print("into the void", file=stream)
    stream.drain(until_s=soon())
    assert stream.dropped == 1


def test_a_full_non_blocking_pipe_is_waited_for_by_the_writer_thread_only(pipe):
    reader, writer = pipe
    os.set_blocking(writer, False)
    stream = DroppingStream(writer)
    for _ in range(200):
        print("z" * 1000, file=stream)
    received = b""
    while received.count(b"\n") < 200:
        received += os.read(reader, 1 << 16)
    assert stream.dropped == 0


@pytest.fixture
def no_thread_has_a_turn(monkeypatch):
    """A machine so busy that a thread that was started does not run for now."""
    monkeypatch.setattr("energy_manager.adapters.runtime.output.start_daemon", lambda work, *, name: None)


def test_the_last_lines_are_written_though_no_other_thread_has_a_turn(pipe, no_thread_has_a_turn):
    reader, writer = pipe
    stream = DroppingStream(writer)
    print("before", file=stream)
    stream.finish("the end")
    stream.drain(until_s=soon())
    assert os.read(reader, 1000) == b"before\nthe end\n"


def test_the_last_lines_wait_for_nobody_who_does_not_read(pipe, no_thread_has_a_turn):
    reader, writer = pipe
    stream = DroppingStream(writer)
    print("x" * 200_000, file=stream)
    stream.drain(until_s=time.monotonic() + 0.05)
    assert set(os.read(reader, 200_000)) == {ord("x")}, "as much as the pipe takes"


def test_after_the_last_line_nothing_more_is_taken(pipe):
    reader, writer = pipe
    stream = DroppingStream(writer)
    stream.finish("the end")
    print("afterwards", file=stream)
    stream.drain(until_s=soon())
    assert os.read(reader, 1000) == b"the end\n"


def test_it_looks_like_a_text_stream(pipe):
    _, writer = pipe
    stream = DroppingStream(writer)
    assert (stream.writable(), stream.isatty(), stream.fileno(), stream.encoding) == (True, False, writer, "utf-8")
