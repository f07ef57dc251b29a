"""What simulated storages and meters share: the point at which what the storages take is measured, too."""

from __future__ import annotations

import threading
from collections.abc import Callable


class SimulatedConnectionPoint:
    """Behind it stand the storages that joined; asked at any time, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charges: list[Callable[[], float]] = []

    def join(self, charge_kw: Callable[[], float]) -> None:
        """From now on a storage stands behind this point that takes so much."""
        with self._lock:
            self._charges.append(charge_kw)

    def leave(self, charge_kw: Callable[[], float]) -> None:
        """The storage of this charge stands here no more."""
        with self._lock:
            self._charges.remove(charge_kw)

    def charge_kw(self) -> float:
        """What the storages take together."""
        with self._lock:
            charges = tuple(self._charges)
        return sum(charge() for charge in charges)
