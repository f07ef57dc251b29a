"""Imports the product once and forks it as often as it is asked to; see ``forked.py``, which starts this."""

# ruff: noqa: PLC0415 - what is imported when is what this file is about

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from contextlib import suppress
from importlib.abc import MetaPathFinder

import warmed
from forked_workers import fork_workers

DESCRIPTORS = 4
LONGEST_REQUEST = 1 << 20
CAPABILITIES_OF_64_BITS = 0x20080522
OF_EVERY_FILE = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


class WithoutShared(MetaPathFinder):
    """Each process loads the ``shared`` module that its own path names, and so everything that needs it."""

    def find_spec(self, fullname, path, target=None):
        if fullname == "shared":
            raise ImportError(fullname)


def import_the_product():
    """All of it that does not depend on where ``shared`` is."""
    import energy_manager

    sys.meta_path.insert(0, WithoutShared())
    warmed.keep_answers()
    for module in pkgutil.walk_packages(energy_manager.__path__, "energy_manager.", onerror=lambda name: None):
        if "migrations" not in module.name:
            with suppress(ImportError):
                importlib.import_module(module.name)
    warmed.warm()
    del sys.meta_path[0]
    importlib.invalidate_caches()


def watch(child, telling):
    """Be the child's parent until it ends; say which one it is, and how it ended."""
    os.write(telling, b"%8d" % child)
    _, status = os.waitpid(child, 0)
    os.write(telling, b"%8d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def asked_for(requests):
    """Wait for requests; returns in the process that carries one out, and ends when nobody can ask any more."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, DESCRIPTORS)
        if not request:
            os._exit(0)
        *streams, telling = descriptors
        watcher = os.fork()
        if watcher == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            child = os.fork()
            if child == 0:
                os.close(telling)
                for number, descriptor in enumerate(streams):
                    os.dup2(descriptor, number)
                    os.close(descriptor)
                return json.loads(request)
            for descriptor in (0, 1, 2, *streams):
                os.close(descriptor)
            watch(child, telling)
        for descriptor in descriptors:
            os.close(descriptor)


def be_held_to_modes():
    """Without what lets the superuser read and write every file, from now on."""
    libc, header = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(CAPABILITIES_OF_64_BITS, 0)
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable: the lower 32 bits, then the others
    assert libc.capget(header, rights) == 0
    for place in range(3):
        rights[place] &= ~OF_EVERY_FILE
    assert libc.capset(header, rights) == 0


class Leaving:
    """The end of a command that has ended in order, after all that it has registered for its end.

    Python would take all modules apart, which are shared with the process that was forked: 80 ms for a command of 15.
    """

    code = None

    def __call__(self):
        if isinstance(self.code, int):
            with suppress(OSError, ValueError):  # said by Python, which then ends as it is used to
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(self.code)


def main():
    leaving = Leaving()
    atexit.register(leaving)  # before all others: called last
    own_path = sys.path[1:]
    sys.path[:] = own_path
    import_the_product()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets watchers that have ended
    request = asked_for(socket.socket(fileno=int(sys.argv[1])))

    for number in request.get("ignored", ()):
        signal.signal(number, signal.SIG_IGN)
    if request.get("is_held_to_modes"):
        be_held_to_modes()
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    sys.path[:] = [request["folder"], *entries, *own_path]
    from energy_manager.entrypoints import cli

    sys.argv[:] = [cli.__file__, *request["arguments"]]
    sys.modules["__main__"].__file__ = cli.__file__
    if request["arguments"][:1] == ["run"] and "--no-api" not in request["arguments"]:
        fork_workers()
    try:
        cli.main()
    except SystemExit as ended:
        leaving.code = 0 if ended.code is None else ended.code
        raise


if __name__ == "__main__":
    main()
