"""The loop of asynchronous services: work is done elsewhere, and waited for no longer than said."""

import asyncio
import threading

import pytest
from loguru import logger

from energy_manager.adapters.runtime.service_loop import ServiceLoop, TookTooLong, service_loop
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def loop():
    return ServiceLoop()


async def thread_name():
    return threading.current_thread().name


async def fail():
    raise ValueError("wrong")


async def hang():
    await asyncio.Event().wait()


def test_work_is_done_in_one_thread_and_its_answer_comes_back(loop):
    assert loop.call(thread_name, deadline_s=20) == "asynchronous services"


def test_what_it_raises_is_raised_to_the_caller(loop):
    with pytest.raises(ValueError, match="wrong"):
        loop.call(fail, deadline_s=20)


def test_what_takes_too_long_is_given_up_and_cancelled(loop):
    ended = threading.Event()

    async def hang_until_cancelled():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TookTooLong, match=r"no answer within 0\.01 s"):
        loop.call(hang_until_cancelled, deadline_s=0.01)
    assert ended.wait(20)


def test_a_time_out_of_the_work_itself_is_told_apart(loop):
    async def time_out():
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        loop.call(time_out, deadline_s=20)


def test_how_kept_work_fails_is_logged(loop):
    lines = []
    handler = logger.add(lambda line: lines.append(str(line).strip()), format="{message}")
    loop.keep(fail, name="the talk")
    assert eventually(lambda: lines == ["the talk: ValueError: wrong"])
    logger.remove(handler)
    loop.keep(hang, name="the other").cancel()


def test_there_is_one_in_a_process():
    assert service_loop() is service_loop()
