"""How each type of field stands in a chunk: as numbers of a line, or as numbers of a line and an asset.

Texts are places in the chunk's list of labels. A field that a chunk does not hold is left out when it is read, so that
the record's default speaks: the chunk was written before there was the field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from energy_manager.adapters.records.record_json import form_of
from energy_manager.adapters.storage.sql.history.array_codec import Packed
from energy_manager.adapters.storage.sql.history.codecs.by_asset import ByAsset, TextByAsset, ThousandthsByAsset
from energy_manager.adapters.storage.sql.history.codecs.codec import NONE, AssetSet, Codec, Line
from energy_manager.application.ports.records.history import StatusOf
from energy_manager.application.ports.records.kept_fields import KeptField, kept_fields, per_record
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Bounds

COLUMN_NAMES: Final[Mapping[str, str]] = {
    "targets": "target",
    "potentials": "potential",
    "decided_by": "decider",
    "status_ages_s": "age_ms",
    "age_s": "age_ms",
}
"""Columns that have another name than their field, since the first chunks were written."""


class Whole(Codec):
    """A whole number a line."""

    def write(self, value: int, line: Line) -> None:
        line.numbers[self.column] = value

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[int]:  # noqa: ARG002 - once a line
        return iter(packed.array(self.column).tolist())


class WholeOrNone(Codec):
    """A whole number a line, or None; lines without a column that says which are None have a number."""

    def write(self, value: int | None, line: Line) -> None:
        line.numbers[self.column] = value or 0
        line.numbers[self.column + NONE] = int(value is None)

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[int | None]:  # noqa: ARG002 - once a line
        values = packed.array(self.column).tolist()
        if self.column + NONE not in packed:
            return iter(values)
        nones = packed.array(self.column + NONE).tolist()
        return (None if is_none else value for value, is_none in zip(values, nones, strict=True))


class Real(Codec):
    """A real number a line; not a number stands for None."""

    def write(self, value: float | None, line: Line) -> None:
        line.numbers[self.column] = math.nan if value is None else float(value)

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[float | None]:  # noqa: ARG002 - once a line
        return (None if math.isnan(value) else value for value in packed.array(self.column).tolist())


class Text(Codec):
    """A text a line."""

    def write(self, value: str, line: Line) -> None:
        line.numbers[self.column] = line.label(value)

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[str]:  # noqa: ARG002 - once a line
        return (packed.labels[place] for place in packed.array(self.column).tolist())


class Json(Codec):
    """A value a line in its JSON form, as a text; lines that say the same share one value."""

    def __init__(self, column: str, kind: object) -> None:
        super().__init__(column)
        self._form = form_of(kind)

    def write(self, value: Any, line: Line) -> None:  # noqa: ANN401 - of the field's type
        line.numbers[self.column] = line.label(json.dumps(self._form.write(value)))

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[Any]:  # noqa: ARG002 - once a line
        places = packed.array(self.column).tolist()
        said = {place: self._form.read(json.loads(packed.labels[place])) for place in set(places)}
        return (said[place] for place in places)


class PartOrNone(Codec):
    """A record of its own a line, or None; its first field is a text."""

    def __init__(self, column: str, part: type) -> None:
        super().__init__(column)
        self._part = part
        self._layout = tuple((of, codec_of(of, column=f"{column}_{of.name}")) for of in kept_fields(part))

    def is_in(self, packed: Packed) -> bool:
        return self._layout[0][1].is_in(packed)

    def write(self, value: Any, line: Line) -> None:  # noqa: ANN401 - of the part's type
        for of, codec in self._layout:
            if value is not None:
                codec.write(getattr(value, of.name), line)
            elif isinstance(codec, WholeOrNone):
                codec.write(None, line)
            else:
                line.numbers[codec.column] = _NOTHING[type(codec)]

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[Any]:
        """Without the part its first field is the label of nothing."""
        places = packed.array(self._layout[0][1].column).tolist()
        there = [(of.name, list(codec.read(packed, asset_set))) for of, codec in self._layout if codec.is_in(packed)]
        for line, place in enumerate(places):
            yield None if place < 0 else self._part(**{name: values[line] for name, values in there})


_NOTHING: Final[Mapping[type[Codec], int | float]] = {Whole: 0, Real: math.nan, Text: -1}
"""What the fields of a part say where there is none."""


class PartsByAsset(Codec):
    """A record of its own a line and an asset; each of its fields is a column of its own name."""

    def __init__(self, column: str, part: type) -> None:
        super().__init__(column)
        self._part = part
        self._layout = tuple((of, _codec_by_asset(of)) for of in kept_fields(part))

    def is_in(self, packed: Packed) -> bool:
        return self._layout[0][1].is_in(packed)

    def assets(self, value: Mapping[AssetId, Any]) -> Iterable[AssetId]:
        return value

    def write(self, value: Mapping[AssetId, Any], line: Line) -> None:
        for of, codec in self._layout:
            codec.write({asset_id: getattr(own, of.name) for asset_id, own in value.items()}, line)

    def of(self, name: str) -> Codec:
        """How one of its fields stands there."""
        return next(codec for of, codec in self._layout if of.name == name)

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[dict[AssetId, Any]]:
        there = [(of.name, codec) for of, codec in self._layout if codec.is_in(packed)]
        names = [name for name, _ in there]
        for of_line in zip(*(codec.read(packed, asset_set) for _, codec in there), strict=True):
            yield {
                asset_id: self._part(**dict(zip(names, (of_field[asset_id] for of_field in of_line), strict=True)))
                for asset_id in of_line[0]
            }


_CODECS: Final[Mapping[object, Callable[[str], Codec]]] = {
    int: Whole,
    int | None: WholeOrNone,
    float: Real,
    float | None: Real,
    str: Text,
    tuple[str, ...]: lambda column: Json(column, tuple[str, ...]),
    Mapping[str, Bounds]: lambda column: Json(column, Mapping[str, Bounds]),
    GridHold | None: lambda column: PartOrNone(column, GridHold),
    Mapping[str, int]: ByAsset,
    Mapping[str, int | None]: ByAsset,
    Mapping[str, float]: ThousandthsByAsset,
    Mapping[str, float | None]: ThousandthsByAsset,
    Mapping[str, str]: TextByAsset,
    Mapping[str, StatusOf]: lambda column: PartsByAsset(column, StatusOf),
}


def codec_of(of: KeptField, *, column: str) -> Codec:
    """How the field is kept.

    Raises:
        TypeError: its type has no form in a chunk; it needs a line in ``_CODECS``.
    """
    if of.kind not in _CODECS:
        raise TypeError(f"no form in a chunk for the field {of.name} of the type {of.kind}")
    return _CODECS[of.kind](column)


def _codec_by_asset(of: KeptField) -> Codec:
    """How a field of a part is kept that each asset has."""
    kinds: Mapping[object, Callable[[str], Codec]] = {
        int: ByAsset,
        int | None: ByAsset,
        float: ThousandthsByAsset,
        float | None: ThousandthsByAsset,
        str: TextByAsset,
    }
    return kinds[of.kind](COLUMN_NAMES.get(of.name, of.name))


Layout: TypeAlias = tuple[tuple[KeptField, Codec], ...]


@per_record
def layout_of(record: type) -> Layout:
    """The fields of a record with how each is kept; all but its time, which every chunk has."""
    return tuple(
        (of, codec_of(of, column=COLUMN_NAMES.get(of.name, of.name))) for of in kept_fields(record) if of.name != "at"
    )
