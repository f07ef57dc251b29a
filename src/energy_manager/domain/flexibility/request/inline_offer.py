"""The assets of a request: checked column by column, so that two million of them take seconds.

A column without fault is read in one go; only a column with a fault is gone through value by value, to say where.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.errors import Fault, Refused, refuse
from energy_manager.domain.flexibility.assets import MAX_ASSETS, MAX_VOLUME_KW, Offer
from energy_manager.domain.flexibility.request.fields import (
    FaultList,
    cents_of,
    read_asset_kw,
    read_cents,
    read_days,
    read_text,
    shown,
)
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS

ASSET_FIELDS = ("code", "name", "volume", "activation_cost", "availability")

Value = TypeVar("Value")
Days = tuple[date, ...]


def parse_offer(value: object, field: str = "assets") -> Offer:
    """The offer of a list of assets ``{"code", "name"?, "volume", "activation_cost", "availability"?}``.

    An asset without a name goes by its code; without an availability it is available on every day.

    Raises:
        Refused: every fault by the path of its field, ``assets[3].volume``.
    """
    if not isinstance(value, list):
        raise Refused([Fault(field=field, message=f"{shown(value)} is not a list of assets")])
    if len(value) > MAX_ASSETS:
        raise Refused([Fault(field=field, message=f"{len(value)} assets are too many, at most {MAX_ASSETS}")])
    found: FaultList = []
    rows = _rows(value, field, found)
    codes = _codes(rows, found)
    names = _names(rows, codes, found)
    volumes_kw = _volumes(rows, found)
    costs_cents = _costs(rows, found)
    availability = _availability(rows, found)
    refuse(found)
    return Offer(codes=codes, names=names, volumes_kw=volumes_kw, costs_cents=costs_cents, availability=availability)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The assets that are objects, and their positions in the list."""

    field: str
    positions: Sequence[int]
    assets: list[dict[str, object]]

    def column(self, name: str) -> list[object]:
        """The member of that name of every asset; None where there is none."""
        return [asset.get(name) for asset in self.assets]

    def path(self, position: int, name: str) -> str:
        """Where a member is in the document."""
        return f"{self.field}[{position}].{name}"

    def read_each(
        self, name: str, faults: FaultList, read: Callable[[object, str, FaultList], Value | None]
    ) -> list[Value | None]:
        """Every value of a column, read one by one; None where that made a fault."""
        return [
            read(value, self.path(position, name), faults)
            for position, value in zip(self.positions, self.column(name), strict=True)
        ]


def _rows(values: list[object], field: str, faults: FaultList) -> _Rows:
    """The values that are objects; a fault for each other, and for each member that is none of an asset."""
    described = f"an asset, an object with {', '.join(ASSET_FIELDS)}"
    positions: Sequence[int] = range(len(values))
    if set(map(type, values)) - {dict}:
        faults.extend(
            Fault(field=f"{field}[{position}]", message=f"{shown(value)} is not {described}")
            for position, value in enumerate(values)
            if not isinstance(value, dict)
        )
        positions = [position for position, value in enumerate(values) if isinstance(value, dict)]
    rows = _Rows(field=field, positions=positions, assets=[value for value in values if isinstance(value, dict)])
    known = set(ASSET_FIELDS)
    for position, asset in zip(rows.positions, rows.assets, strict=True):
        if not asset.keys() <= known:
            faults.extend(
                Fault(field=rows.path(position, shown(name, quoted=False)), message=f"not a field of {described}")
                for name in asset
                if name not in known
            )
    return rows


def _codes(rows: _Rows, faults: FaultList) -> list[str]:
    """The codes: texts, no two the same."""
    column = rows.column("code")
    if set(map(type, column)) <= {str}:
        different = set(column)
        if len(different) == len(column) and "" not in different:
            return cast("list[str]", column)
    first_with: dict[str, int] = {}
    codes = rows.read_each("code", faults, read_text)
    for position, code in zip(rows.positions, codes, strict=True):
        if code is not None and first_with.setdefault(code, position) != position:
            message = f"{shown(code)} is the code of {rows.field}[{first_with[code]}] already"
            faults.append(Fault(field=rows.path(position, "code"), message=message))
    return ["" if code is None else code for code in codes]


def _names(rows: _Rows, codes: Sequence[str], faults: FaultList) -> Sequence[str]:
    """The names; an asset without one goes by its code."""
    column = rows.column("name")
    types = set(map(type, column))
    if types <= {type(None)}:
        return codes
    if not types <= {str, type(None)}:
        faults.extend(
            Fault(field=rows.path(position, "name"), message=f"{shown(name)} is not a text")
            for position, name in zip(rows.positions, column, strict=True)
            if name is not None and not isinstance(name, str)
        )
    return [code if name is None else cast("str", name) for name, code in zip(column, codes, strict=True)]


def _volumes(rows: _Rows, faults: FaultList) -> NDArray[np.int64]:
    column = rows.column("volume")
    if set(map(type, column)) <= {int}:
        whole = cast("list[int]", column)
        if not whole or (min(whole) >= 1 and max(whole) <= MAX_VOLUME_KW):
            return np.array(whole, dtype=np.int64)
    return _array(rows.read_each("volume", faults, read_asset_kw))


def _costs(rows: _Rows, faults: FaultList) -> NDArray[np.int64]:
    column = rows.column("activation_cost")
    if set(map(type, column)) <= {int, Decimal}:
        cents = list(map(cents_of, column))
        if None not in cents:
            exact = cast("list[int]", cents)
            if not exact or (min(exact) >= 0 and max(exact) <= MAX_COST_CENTS):
                return np.array(exact, dtype=np.int64)
    return _array(rows.read_each("activation_cost", faults, read_cents))


def _array(values: list[int | None]) -> NDArray[np.int64]:
    """The values; a 0 where a fault says that there is none."""
    return np.array([0 if value is None else value for value in values], dtype=np.int64)


def _availability(rows: _Rows, faults: FaultList) -> list[Days | None] | None:
    """The days of every asset, equal lists of days as one tuple; None when no asset names any."""
    column = rows.column("availability")
    if set(map(type, column)) <= {type(None)}:
        return None
    read_already: dict[tuple[object, ...], Days] = {}
    availability: list[Days | None] = []
    for position, value in zip(rows.positions, column, strict=True):
        days = _read_already(value, read_already)
        if days is None:
            faults_before = len(faults)
            days = read_days(value, rows.path(position, "availability"), faults)
            if days is not None and len(faults) == faults_before:
                read_already[tuple(cast("list[object]", value))] = days
        availability.append(days)
    return availability


def _read_already(value: object, read_already: dict[tuple[object, ...], Days]) -> Days | None:
    try:
        return read_already.get(tuple(value)) if type(value) is list else None
    except TypeError:
        return None  # something in the list cannot be a key, and is no day either
