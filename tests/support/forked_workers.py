"""The planning workers of a forked product, forked as well; ``fork_server.py`` asks for it.

The start of a worker takes a second of computing, too, and a product with an API starts two. Beside such a product
stands a process that was forked from it before it had threads, holds no stream of it, and ends with it. Asked for a
worker it forks one, by way of a process that ends at once: so the worker becomes the product's own child, with its
streams, blocked signals, environment, folder and priority, as one that the product has started.
"""

# ruff: noqa: PLC0415 - what is imported when is what this file is about

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

COMMAND = [sys.executable, "-u", "-m", "anyio.to_process"]
ENDED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LONGEST_REQUEST = 1 << 20
PR_SET_CHILD_SUBREAPER = 36


def fork_workers():
    """From now on, from this process as it is now: without threads."""
    from anyio import to_process  # noqa: F401 - before the fork

    assert threading.active_count() == 1
    # Whoever loses a parent below this process becomes its child.
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        asking.close()
        _fork_whoever_is_asked_for(asked)
    asked.close()
    start, turn = subprocess._fork_exec, threading.Lock()

    def fork_or_start(arguments, *others):
        if arguments == COMMAND:
            stdin, stdout = others[5], others[8]
            with turn, suppress(OSError):
                socket.send_fds(asking, [json.dumps(_as_this_thread()).encode()], [stdin, stdout, 2])
                if worker := asking.recv(8):
                    return int(worker)
        return start(arguments, *others)

    subprocess._fork_exec = fork_or_start


def _as_this_thread():
    """What a process has from the thread that starts it."""
    return {
        "blocked": [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - as text
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
    }


def _become(given):
    signal.pthread_sigmask(signal.SIG_SETMASK, given["blocked"])
    for number in ENDED_BY:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_NOFILE, tuple(given["descriptors"]))
    os.environ.clear()
    os.environ.update(given["environment"])
    os.chdir(given["folder"])
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, given["priority"])


def _fork_whoever_is_asked_for(asked):
    """Until nobody can ask any more: a signal to all of the product's group does not end this process first."""
    for number in ENDED_BY:
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.close(nothing)
    while True:
        request, streams, _, _ = socket.recv_fds(asked, LONGEST_REQUEST, 3)
        if not request:
            os._exit(0)
        told, telling = os.pipe()
        between = os.fork()
        if between == 0:
            worker = os.fork()
            if worker == 0:
                asked.close()
                os.close(told)
                os.close(telling)
                _work(json.loads(request), streams)
            os.write(telling, b"%8d" % worker)
            os._exit(0)
        os.waitpid(between, 0)
        asked.send(os.read(told, 8))
        for descriptor in (told, telling, *streams):
            os.close(descriptor)


def _work(given, streams):
    """What ``python -u -m anyio.to_process`` does."""
    from anyio import to_process

    code = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = open(0, encoding="utf-8", closefd=False)
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
        _become(given)
        to_process.process_worker()
        code = 0
    finally:
        os._exit(code)
