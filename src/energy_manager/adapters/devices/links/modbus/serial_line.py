"""Modbus bytes over a serial line."""

from __future__ import annotations

import os
import select
import time
from typing import Literal, Protocol, cast

from energy_manager.adapters.devices.links.errors import ConnectionLost, LinkDown, NoAnswer
from energy_manager.adapters.devices.links.modbus.transports import LONGEST_FRAME, Source

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
                if not _is_ready(line, select.POLLOUT, within_s):
                    raise NoAnswer(f"{self._device}: no answer in time")
                data = data[os.write(line, data) :]
        except OSError as error:
            raise ConnectionLost(f"{self._device} is gone: {error.strerror}") from None

    def receive(self, *, within_s: float) -> bytes | None:
        line = self._opened()
        try:
            if within_s and not _is_ready(line, select.POLLIN, within_s):
                return None
            received = os.read(line, LONGEST_FRAME)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ConnectionLost(f"{self._device} is gone: {error.strerror}") from None
        if not received:
            raise ConnectionLost(f"{self._device} is gone")
        return received

    @property
    def source(self) -> Source:
        self._opened()
        return cast("Source", self._line)

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


def _is_ready(line: int, event: int, within_s: float) -> bool:
    poll = select.poll()
    poll.register(line, event)
    return bool(poll.poll(1000 * within_s))


class _OpenLine(Protocol):
    def fileno(self) -> int: ...

    def close(self) -> None: ...
