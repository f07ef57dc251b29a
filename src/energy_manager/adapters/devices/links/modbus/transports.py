"""Bytes to a Modbus peer and back, with a longest wait for every call: through TCP, or over a serial line.

Neither uses ``select``, which knows no file descriptor above 1,023: a site of a thousand devices has more.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from typing import Literal, Protocol, cast

from energy_manager.adapters.devices.links.errors import ConnectionLost, LinkDown, NoAnswer

LONGEST_FRAME = 260


class Source(Protocol):
    """What has a file descriptor to wait at."""

    def fileno(self) -> int:
        """Its number."""
        ...


class Transport(Protocol):
    """One way to a peer; not for two threads at a time."""

    @property
    def peer(self) -> str:
        """The other side, as the operator writes it."""
        ...

    sends_at_once: bool
    """Whether sending a request takes no time, for there is room for it somewhere."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as is known without asking."""
        ...

    def open(self, *, timeout_s: float) -> None:
        """Connect.

        Raises:
            LinkDown: it cannot be reached.
        """
        ...

    def send(self, data: bytes, *, within_s: float) -> None:
        """Send everything.

        Raises:
            ConnectionLost: the other side has hung up.
            NoAnswer: it does not take the bytes in time.
        """
        ...

    def receive(self, *, within_s: float) -> bytes:
        """At least one byte and what came with it.

        Raises:
            ConnectionLost: the other side has hung up.
            NoAnswer: nothing came in time.
        """
        ...

    @property
    def source(self) -> Source:
        """What becomes readable when something has come, another one after each ``open``."""
        ...

    def take(self) -> bytes | None:
        """What has come, None where nothing has; never waits.

        Raises:
            ConnectionLost: the other side has hung up.
        """
        ...

    def discard(self) -> bool:
        """Throw away what has come already; whether the connection still stands. Never waits."""
        ...

    def close(self) -> None:
        """Hang up; what is under way is lost."""
        ...


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

    def receive(self, *, within_s: float) -> bytes:
        connection = self._connected()
        try:
            if within_s != self._receives_within_s:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(within_s))
                self._receives_within_s = within_s
            received = connection.recv(LONGEST_FRAME)
        except BlockingIOError:
            raise NoAnswer(f"{self.peer} gave no answer in time") from None
        except OSError as error:
            raise ConnectionLost(f"{self.peer} has hung up: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self.peer} has closed the connection")
        return received

    @property
    def source(self) -> Source:
        return self._connected()

    def take(self) -> bytes | None:
        connection = self._connected()
        try:
            received = connection.recv(LONGEST_FRAME, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLost(f"{self.peer} has hung up: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self.peer} has closed the connection")
        return received

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


Parity = Literal["N", "E", "O"]


class SerialTransport:
    """A serial line, opened and set up by pyserial (extra ``serial``)."""

    sends_at_once = False

    def __init__(self, device: str, *, baud: int = 9600, parity: Parity = "N", stop_bits: Literal[1, 2] = 1) -> None:
        self._device = device
        self._baud, self._parity, self._stop_bits = baud, parity, stop_bits
        self._line: _OpenLine | None = None

    @property
    def peer(self) -> str:
        return self._device

    @property
    def is_open(self) -> bool:
        return self._line is not None

    @property
    def silence_s(self) -> float:
        """What must pass between two frames: 3.5 characters of 11 bits, above 19,200 baud a fixed time."""
        return 0.00175 if self._baud > 19200 else 3.5 * 11 / self._baud

    def open(self, *, timeout_s: float) -> None:  # noqa: ARG002 - opening a device file does not wait
        try:
            import serial  # noqa: PLC0415 - an extra
        except ImportError:
            raise LinkDown('serial lines need pyserial: pip install "energy-manager[serial]"') from None
        try:
            self._line = serial.Serial(
                self._device,
                baudrate=self._baud,
                parity=self._parity,
                stopbits=self._stop_bits,
                timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            raise LinkDown(f"{self._device} cannot be opened: {getattr(error, 'strerror', None) or error}") from None

    def send(self, data: bytes, *, within_s: float) -> None:
        line = self._opened()
        time.sleep(self.silence_s)
        try:
            while data:
                self._wait(line, select.POLLOUT, within_s)
                data = data[os.write(line, data) :]
        except OSError as error:
            raise ConnectionLost(f"{self._device} is gone: {error.strerror}") from None

    def receive(self, *, within_s: float) -> bytes:
        line = self._opened()
        try:
            self._wait(line, select.POLLIN, within_s)
            received = os.read(line, LONGEST_FRAME)
        except OSError as error:
            raise ConnectionLost(f"{self._device} is gone: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self._device} is gone")
        return received

    @property
    def source(self) -> Source:
        self._opened()
        return cast("Source", self._line)

    def take(self) -> bytes | None:
        try:
            received = os.read(self._opened(), LONGEST_FRAME)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLost(f"{self._device} is gone: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self._device} is gone")
        return received

    def discard(self) -> bool:
        line = self._opened()
        try:
            while os.read(line, LONGEST_FRAME):
                pass
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _opened(self) -> int:
        if self._line is None:
            raise ConnectionLost(f"{self._device} is not open")
        return self._line.fileno()

    def _wait(self, line: int, event: int, within_s: float) -> None:
        poll = select.poll()
        poll.register(line, event)
        if not poll.poll(1000 * within_s):
            raise NoAnswer(f"{self._device}: no answer in time")


class _OpenLine(Protocol):
    def fileno(self) -> int: ...

    def close(self) -> None: ...
