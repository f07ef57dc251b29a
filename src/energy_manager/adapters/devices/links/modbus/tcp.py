"""Modbus bytes through a TCP connection."""

from __future__ import annotations

import socket
import struct

from energy_manager.adapters.devices.links.errors import ConnectionLost, LinkDown, NoAnswer
from energy_manager.adapters.devices.links.modbus.transports import LONGEST_FRAME, Source


class TcpTransport:
    """A TCP connection. The system itself ends a call in time, so that a request costs two calls into it.

    Each more is a moment in which another thread takes the interpreter, and this one waits to get it back.
    """

    sends_at_once = True

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._receives_within_s = 0.0

    @property
    def peer(self) -> str:
        host, port = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self, *, timeout_s: float) -> None:
        try:
            connection = socket.create_connection(self._address, timeout=timeout_s)
        except TimeoutError:
            raise LinkDown(f"{self.peer} does not answer a connection within {timeout_s:g} s") from None
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LinkDown(f"{self.peer} cannot be reached: {reason}") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.settimeout(None)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeout_s))
        self._receives_within_s = 0.0
        self._socket = connection

    def send(self, data: bytes, *, within_s: float) -> None:  # noqa: ARG002 - as long as connecting
        connection = self._connected()
        try:
            connection.sendall(data)
        except BlockingIOError:
            raise NoAnswer(f"{self.peer} takes no bytes") from None
        except OSError as error:
            raise ConnectionLost(f"{self.peer} has hung up: {error.strerror}") from None

    def receive(self, *, within_s: float) -> bytes | None:
        connection = self._connected()
        try:
            if within_s and within_s != self._receives_within_s:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(within_s))
                self._receives_within_s = within_s
            received = connection.recv(LONGEST_FRAME, 0 if within_s else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLost(f"{self.peer} has hung up: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self.peer} has closed the connection")
        return received

    @property
    def source(self) -> Source:
        return self._connected()

    def discard(self) -> bool:
        connection = self._connected()
        try:
            while connection.recv(LONGEST_FRAME, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost(f"{self.peer} is not connected")
        return self._socket


def _timeval(seconds: float) -> bytes:
    """As the system takes the longest wait of a socket; never 0, which would be for ever."""
    microseconds = max(1, round(1e6 * seconds))
    return struct.pack("ll", microseconds // 1_000_000, microseconds % 1_000_000)
