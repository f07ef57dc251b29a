"""A driver that another package brings: its devices are lines in the file ``$RECORD``, ``monotonic kind asset value``.

``write`` records what it is told (``set``, value ``released`` for none) and then hangs for ever if the device is said
to hang; ``open`` and ``close`` are recorded too. ``secret`` is kept masked.
"""

import os
import threading
import time

from pydantic import BaseModel, ConfigDict, SecretStr

from energy_manager.adapters.devices import DriverType, Measurement


class ToyOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str = "here"
    hangs: bool = False
    secret: SecretStr = SecretStr("")


class Toy:
    def __init__(self, options, context):
        self.options, self.asset_id = options, context.asset_id
        self._record("open", options.host)

    def _record(self, kind, value):
        file = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{time.monotonic():.6f} {kind} {self.asset_id} {value}\n".encode())
        os.close(file)

    def write(self, setpoint_w):
        self._record("set", "released" if setpoint_w is None else f"{setpoint_w:g}")
        if self.options.hangs:
            threading.Event().wait()

    def read(self):
        return Measurement(power_w=0, lowest_w=-9000, highest_w=9000)

    def close(self):
        self._record("close", self.options.host)


TOY = DriverType(
    name="toy",
    options=ToyOptions,
    kinds=frozenset({"storage", "producer"}),
    open=Toy,
    unscheduled="release",
)
