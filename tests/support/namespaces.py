"""Network namespaces: machines of a test's own, each with a cable to a hub that can be pulled without a word."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, TypeVar

import pytest

CLONE_NEWNET = 0x40000000

Answer = TypeVar("Answer")


class Network:
    """Namespaces ``hub`` and one for each name, which are gone after ``clean_up``; addresses are of the documentation.

    A cable that is pulled loses packets and says nothing: no reset, no closed connection.
    """

    def __init__(self, *names: str) -> None:
        if shutil.which("ip") is None or os.geteuid() != 0:
            pytest.skip("network namespaces need root and the program ip: run as root, apt-get install iproute2")
        self._names = {name: f"em-{os.getpid()}-{name}" for name in ("hub", *names)}
        self._numbers = {name: number for number, name in enumerate(names)}
        try:
            for place in self._names.values():
                self._ip("netns", "add", place)
                self._ip("-n", place, "link", "set", "lo", "up")
            for name in names:
                self._lay_cable(name)
        except subprocess.CalledProcessError as error:
            self.clean_up()
            pytest.skip(f"network namespaces are not allowed here: {error.stderr.strip()}")

    def hub_of(self, name: str) -> str:
        """The hub's address as that machine sees it."""
        return f"192.0.2.{4 * self._numbers[name] + 1}"

    def pull(self, name: str) -> None:
        self._ip("-n", self._names["hub"], "link", "set", name, "down")

    def plug_in(self, name: str) -> None:
        self._ip("-n", self._names["hub"], "link", "set", name, "up")

    def start(self, name: str, command: Sequence[str], *, log: IO[bytes], **options: Any) -> subprocess.Popen[bytes]:
        """A process on that machine."""
        there = ["ip", "netns", "exec", self._names[name], *command]
        return subprocess.Popen(there, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)

    def on(self, name: str, do: Callable[[], Answer]) -> Answer:
        """Do something there, in a thread of its own."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._there, name, do).result()

    def _there(self, name: str, do: Callable[[], Answer]) -> Answer:
        with open(f"/var/run/netns/{self._names[name]}") as place:
            assert ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) == 0, ctypes.get_errno()
        return do()

    def clean_up(self) -> None:
        for place in self._names.values():
            subprocess.run(["ip", "netns", "del", place], capture_output=True, check=False)

    def _lay_cable(self, name: str) -> None:
        hub, place = self._names["hub"], self._names[name]
        number = 4 * self._numbers[name]
        self._ip("-n", hub, "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", place)
        self._ip("-n", hub, "address", "add", f"192.0.2.{number + 1}/30", "dev", name)
        self._ip("-n", hub, "link", "set", name, "up")
        self._ip("-n", place, "address", "add", f"192.0.2.{number + 2}/30", "dev", "cable")
        self._ip("-n", place, "link", "set", "cable", "up")

    @staticmethod
    def _ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
