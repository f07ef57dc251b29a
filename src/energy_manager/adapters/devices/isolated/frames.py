"""Messages between the loop's process and a driver's: a length of four octets, then JSON.

Only what opens a driver is pickled, and only from the loop to its child: nothing that a driver says is ever executed.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from energy_manager.adapters.devices.driver import Connection
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind, Ratings

LENGTH = 4
MOST_OCTETS = 1_000_000
"""No answer of a driver is longer; one that claims to be is not from a driver that can be gone on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a driver's process is told first; ``recalled`` is what the driver's memory holds, None without a memory."""

    driver: str
    options: Any
    asset_id: AssetId
    kind: AssetKind | None
    ratings: Ratings
    watts_per_step: int
    connection: Connection | None
    has_memory: bool
    recalled: Mapping[str, Any] | None


class Ended(Exception):
    """There is nobody at the other end any more."""


class Wire:
    """One end of a socket; a message is sent whole, whichever threads send."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._sending = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message.

        Raises:
            Ended: as the class says.
        """
        self.send_octets(json.dumps(message).encode())

    def send_octets(self, octets: bytes) -> None:
        """Send octets that are no message; raises as ``send``."""
        try:
            with self._sending:
                self._end.sendall(len(octets).to_bytes(LENGTH, "big") + octets)
        except OSError:
            raise Ended from None

    def receive(self) -> dict[str, Any]:
        """The next message.

        Raises:
            Ended: as the class says, or what came is no message.
        """
        try:
            message = json.loads(self.receive_octets())
        except ValueError:
            raise Ended from None
        if not isinstance(message, dict):
            raise Ended
        return message

    def receive_octets(self) -> bytes:
        """As ``receive``, for octets."""
        length = int.from_bytes(self._exactly(LENGTH), "big")
        if length > MOST_OCTETS:
            raise Ended
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count > 0:
            try:
                part = self._end.recv(count)
            except OSError:
                raise Ended from None
            if not part:
                raise Ended
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Hang up; a ``receive`` under way ends too."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()
