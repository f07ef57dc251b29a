"""Processes as Linux tells of them; elsewhere only this one is known."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

from energy_manager.adapters.runtime.clocks import BOOT_ID
from energy_manager.application.ports.processes import ProcessIdentity

MACHINE_ID = Path("/etc/machine-id")

STARTED_FIELD = 19
"""``starttime`` of ``/proc/<pid>/stat`` (proc(5)), counted from the state, which follows the name in parentheses."""

GONE = {"Z", "X", "x"}
"""States of a process that has ended and is only still listed."""


class LinuxProcesses:
    """Reads ``/proc``."""

    @cache  # noqa: B019 - one object a process, and the process does not change
    def this(self) -> ProcessIdentity:
        """This process."""
        pid = os.getpid()
        return ProcessIdentity(
            id=uuid.uuid4().hex,
            host=socket.gethostname(),
            machine=_text(MACHINE_ID),
            boot=_text(BOOT_ID),
            namespace=_namespace(),
            pid=pid,
            started=started_at(pid) or "",
        )

    def is_alive(self, process: ProcessIdentity) -> bool | None:
        """Whether it lives; None for one of another machine or of another container."""
        this = self.this()
        if not process.boot or process.boot != this.boot:
            is_this_machine = bool(this.machine) and (process.machine, process.host) == (this.machine, this.host)
            # A machine that was started anew has none of the processes it had before.
            return False if is_this_machine and process.boot and this.boot else None
        if process.namespace != this.namespace:
            return None
        return started_at(process.pid) == process.started


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text().strip()
    return ""


def _namespace() -> str:
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""


def started_at(pid: int) -> str | None:
    """When the process was started; None if there is none of this number, or only what is left of it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in GONE else fields[STARTED_FIELD]
