"""A line of a chunk, and what writes a field into it and reads it back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from energy_manager.adapters.storage.sql.history.array_codec import Packed
from energy_manager.domain.quantities import AssetId

AssetSet: TypeAlias = tuple[AssetId, ...]

KNOWN = "_known"
"""The mask of a column: where it has a value. Left out when it has one everywhere."""

NONE = "_none"
"""The mask of a column: where it says that there is no value. Left out when it says so nowhere."""


@dataclass(slots=True)
class Line:
    """A record on its way into a chunk: what it says once, what it says by asset, and where it says None by asset.

    ``label`` gives texts their place.
    """

    label: Callable[[str], int]
    numbers: dict[str, int | float] = field(default_factory=dict)
    columns: dict[str, Mapping[AssetId, int]] = field(default_factory=dict)
    nones: dict[str, frozenset[AssetId]] = field(default_factory=dict)


class Codec(ABC):
    """Writes a field into the columns of a chunk that begin with ``column``, and reads it back."""

    def __init__(self, column: str) -> None:
        self.column = column

    def is_in(self, packed: Packed) -> bool:
        """Whether the chunk holds the field."""
        return self.column in packed

    def assets(self, value: Any) -> Iterable[AssetId]:  # noqa: ARG002, ANN401 - of the field's type
        """The assets that a value must have columns for."""
        return ()

    @abstractmethod
    def write(self, value: Any, line: Line) -> None:  # noqa: ANN401 - of the field's type
        """Put the value into the line."""

    @abstractmethod
    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[Any]:
        """The values, line by line."""
