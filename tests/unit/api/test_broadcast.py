"""The feed's promises: all messages in order to everybody who reads, and no waiting for anybody who does not."""

import anyio
import pytest

from energy_manager.entrypoints.api.plans.broadcast import MAX_WAITING, Broadcast


class Drops:
    """Counts its calls."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def received(messages):
    """What waits to be read."""
    waiting = []
    while True:
        try:
            waiting.append(messages.receive_nowait())
        except anyio.WouldBlock:
            return waiting


async def test_nobody_need_listen():
    feed = Broadcast()
    feed.publish("a")
    assert len(feed) == 0


async def test_everybody_receives_everything_since_they_joined_in_order():
    feed = Broadcast()
    with feed.join(Drops()) as early:
        feed.publish("a")
        with feed.join(Drops()) as late:
            assert len(feed) == 2
            feed.publish("b")
            feed.publish("c")
            assert received(early) == ["a", "b", "c"]
            assert received(late) == ["b", "c"]


async def test_who_has_left_is_forgotten():
    feed, drops = Broadcast(), Drops()
    with feed.join(drops):
        pass
    assert len(feed) == 0
    feed.publish("a")
    assert drops.count == 0


async def test_who_leaves_by_an_error_is_forgotten():
    feed = Broadcast()
    with pytest.raises(OSError, match="gone"), feed.join(Drops()):
        raise OSError("gone")
    assert len(feed) == 0


async def test_who_does_not_read_is_dropped_once_and_the_others_receive_all():
    feed, drops, unneeded = Broadcast(), Drops(), Drops()
    with feed.join(drops), feed.join(unneeded) as reader:
        read = []
        for number in range(MAX_WAITING):
            feed.publish(str(number))
            read += received(reader)
        assert drops.count == 0, "as many may wait"
        for number in range(MAX_WAITING, 100):
            feed.publish(str(number))
            read += received(reader)
        assert drops.count == 1
        assert len(feed) == 1
        assert read == [str(number) for number in range(100)]
    assert unneeded.count == 0


async def test_who_reads_in_time_is_never_dropped():
    feed, drops = Broadcast(), Drops()
    with feed.join(drops) as messages:
        for _ in range(10):
            for number in range(MAX_WAITING):
                feed.publish(str(number))
            assert len(received(messages)) == MAX_WAITING
    assert drops.count == 0


async def test_a_dropped_clients_task_can_be_ended_though_it_hangs_in_sending():
    feed, ended = Broadcast(), anyio.Event()

    async def serve_a_client_whose_line_is_full():
        with anyio.CancelScope() as until_dropped, feed.join(until_dropped.cancel):
            await anyio.sleep_forever()
        ended.set()

    async with anyio.create_task_group() as clients:
        clients.start_soon(serve_a_client_whose_line_is_full)
        await anyio.wait_all_tasks_blocked()
        for _ in range(MAX_WAITING + 1):
            feed.publish("a")
        with anyio.fail_after(10):
            await ended.wait()
    assert len(feed) == 0
