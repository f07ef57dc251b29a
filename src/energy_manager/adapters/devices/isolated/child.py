"""The process of one driver: ``python -m energy_manager.adapters.devices.isolated.child FD``.

It opens the driver that it is told, answers calls, each in a thread of its own, and ends when the loop's process does.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from energy_manager.adapters.devices.driver import DeviceAbsent, Driver, DriverContext, Measurement
from energy_manager.adapters.devices.isolated.frames import Ended, Opening, Wire
from energy_manager.adapters.devices.measurements import shortened
from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.failures import describe_failure

MEASURED = ("power_w", "lowest_w", "highest_w", "stored_wh", "follows")

HELD_S = 45
"""The kernel ends a process whose interpreter has been held for so long: also where the loop's process has gone."""

BITS = 63
"""Whole numbers of more bits are no readings."""


class _Memory:
    """Kept by the loop's process."""

    def __init__(self, wire: Wire, recalled: Mapping[str, Any] | None) -> None:
        self._wire = wire
        self._newest = recalled

    def recall(self) -> Mapping[str, Any] | None:
        return self._newest

    def remember(self, state: Mapping[str, Any]) -> None:
        self._newest = state
        self._wire.send({"remember": dict(state)})


def _opened(opening: Opening, wire: Wire) -> Driver:
    driver_type = Registry().driver(opening.driver)
    assert driver_type is not None, "the loop's process has found it"
    context = DriverContext(
        asset_id=opening.asset_id,
        kind=opening.kind,
        ratings=opening.ratings,
        watts_per_step=opening.watts_per_step,
        now_s=time.monotonic,
        link=SharedLinks(),
        connection=opening.connection,
        memory=_Memory(wire, opening.recalled) if opening.has_memory else None,
    )
    driver: Driver = driver_type.open(opening.options, context)
    return driver


def _answer(driver: Driver, wire: Wire, message: dict[str, Any]) -> None:
    answer: dict[str, Any] = {"id": message["id"]}
    try:
        if message["call"] == "write":
            lead = getattr(driver, "lead", None)
            if lead is not None:
                lead(message["mode"])
            driver.write(message["setpoint_w"])
        else:
            answer["measured"] = _as_json(driver.read())
    except BaseException as error:  # noqa: BLE001 - whatever a driver raises is told
        answer |= {"failure": describe_failure(error), "is_absent": isinstance(error, DeviceAbsent)}
    try:
        wire.send(answer)
    except Ended:
        os._exit(0)


def _as_json(measured: Measurement) -> dict[str, Any]:
    """What was measured, and how long ago."""
    said = {name: _told(getattr(measured, name)) for name in MEASURED}
    taken_at_s = measured.taken_at_s
    return {**said, "age_s": None if taken_at_s is None else time.monotonic() - taken_at_s}


def _told(value: Any) -> Any:  # noqa: ANN401 - drivers may say anything
    """What JSON can say as it is, everything else as a text, which nobody takes for a number."""
    if type(value) is int and value.bit_length() > BITS:
        return f"a whole number of {value.bit_length()} bits"
    return value if value is None or type(value) in {int, float, bool, str} else shortened(value)


def _put_off_the_alarm() -> None:
    while True:
        signal.alarm(HELD_S)
        time.sleep(HELD_S / 9)


def main(descriptor: int) -> None:
    """Open, say so, and answer until there is nobody to answer."""
    # A Ctrl-C at the terminal is for the loop, which releases its devices through this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    threading.Thread(target=_put_off_the_alarm, daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    wire = Wire(socket.socket(fileno=descriptor))
    try:
        opening = pickle.loads(wire.receive_octets())  # noqa: S301 - from this product's own process
        try:
            driver = _opened(opening, wire)
        except BaseException as error:  # noqa: BLE001 - as above
            wire.send({"id": 0, "failure": describe_failure(error)})
            return
        wire.send({"id": 0})
        while True:
            message = wire.receive()
            threading.Thread(target=_answer, args=(driver, wire, message), daemon=True).start()
    except Ended:
        return


if __name__ == "__main__":
    main(int(sys.argv[1]))
    # Threads of the driver may hang; nobody waits for them.
    os._exit(0)
