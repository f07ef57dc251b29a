"""The bytes to and from a broker."""

from __future__ import annotations

import contextlib
import socket
import ssl

CONNECT_TIMEOUT_S = 5.0

_MOST_READ_AT_ONCE = 1 << 16
"""Bytes that are taken in before what is to go out has its turn again."""


class BrokerConnection:
    """A connection to a broker, whose socket never blocks once it is there."""

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None) -> None:
        plain = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket = plain if tls is None else tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
        self.socket.settimeout(0.0)
        self._unsent = b""

    @property
    def wants_to_send(self) -> bool:
        """Whether something waits until the broker takes it."""
        return bool(self._unsent)

    @property
    def holds_back(self) -> bool:
        """Whether TLS has read more than was taken, of which the system knows nothing."""
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def send(self, data: bytes) -> None:
        """Send what can be sent now; the rest waits for the next call."""
        self._unsent += data
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._unsent:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]

    def receive(self) -> bytes | None:
        """What has come; None where nothing has.

        Raises:
            OSError: the broker has hung up.
        """
        try:
            received = self.socket.recv(_MOST_READ_AT_ONCE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        if not received:
            raise ConnectionResetError("it has closed the connection")
        return received
