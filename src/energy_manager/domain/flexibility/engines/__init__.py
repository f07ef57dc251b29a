"""The engines by the name that settings and requests use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.engines.greedy import select_greedily
from energy_manager.domain.flexibility.engines.table import select_by_table, select_hybrid
from energy_manager.domain.flexibility.exact import select_cheapest
from energy_manager.domain.flexibility.selection import Selection


class Engine(Protocol):
    """A way to select assets; arguments, answer and errors as for ``select_cheapest``."""

    def __call__(
        self,
        volumes_kw: NDArray[np.int64],
        costs_cents: NDArray[np.int64],
        target_kw: int,
        *,
        time_limit_s: float | None = None,
    ) -> Selection:
        """Select assets that reach the target."""
        ...


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {"exact": select_cheapest, "greedy": select_greedily, "dp": select_by_table, "hybrid": select_hybrid}
)

__all__ = ["ENGINES", "Engine", "select_by_table", "select_cheapest", "select_greedily", "select_hybrid"]
