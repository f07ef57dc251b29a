"""Which process this is, and whether another one still lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, so that no other one is ever mistaken for it.

    Args:
        id: made at its start, at random.
        host: the machine's name, for people.
        machine: the machine's own id, empty where it has none.
        boot: which start of the machine it belongs to.
        namespace: in which space of process ids ``pid`` counts; a container has its own.
        pid: its number there.
        started: when it was started, in the system's own count; a number that is used again has another.
    """

    id: str
    host: str
    machine: str
    boot: str
    namespace: str
    pid: int
    started: str

    @property
    def in_words(self) -> str:
        """``process 4711 on pi-3``."""
        return f"process {self.pid} on {self.host}"


class Processes(Protocol):
    """Knows this process, and others of this machine."""

    def this(self) -> ProcessIdentity:
        """This process."""
        ...

    def is_alive(self, process: ProcessIdentity) -> bool | None:
        """Whether it lives; None where that cannot be known from here, as on another machine."""
        ...
