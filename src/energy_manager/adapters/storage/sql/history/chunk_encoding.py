"""Records of one kind in a row, all assets side by side: a sheet has a line per record and a column per asset.

A sheet is for one roster, the assets in their order; records about other assets begin another sheet. Numbers beyond 64
bits do not fit a sheet: such a record is kept as text, on its own.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from energy_manager.adapters.storage.sql.history.array_codec import Array, pack
from energy_manager.adapters.storage.sql.tables import in_us
from energy_manager.application.ports.history import HoldRecord, StatusRecord, TickRecord
from energy_manager.domain.dispatch import Bounds
from energy_manager.domain.quantities import AssetId

Roster: TypeAlias = tuple[AssetId, ...]
Recorded = TypeVar("Recorded", TickRecord, StatusRecord)

KNOWN = "_known"
"""The mask of a column: where it has a value. Left out when it has one everywhere."""

MS_PER_S = 1000

HOLD_POWERS = ("hold_import_kw", "hold_import_limit_kw", "hold_export_limit_kw", "hold_shortfall_kw")


class Sheet(ABC, Generic[Recorded]):
    """Lines for one roster, growing."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.lines = 0
        self.start_us = 0
        self.end_us = 0
        self._arrays: dict[str, list[Array]] = {}
        self._masks: dict[str, list[Array | None]] = {}
        self._labels: dict[str, int] = {}

    def add(self, record: Recorded) -> None:
        """Write a line.

        Raises:
            OverflowError: a number is beyond 64 bits; nothing was written.
        """
        at_us = in_us(record.at)
        line = {"at_us": np.array(at_us, np.int64)}
        masks: dict[str, Array | None] = {}
        for name, number in self._numbers(record).items():
            line[name] = np.array(number, np.float64 if isinstance(number, float) else np.int64)
        for name, of in self._columns(record).items():
            line[name] = np.array([of.get(asset_id, 0) for asset_id in self.roster], np.int64)
            masks[name] = self._mask(of)
        for name, array in line.items():
            self._arrays.setdefault(name, []).append(array)
        for name, mask in masks.items():
            self._masks.setdefault(name, []).append(mask)
        self.start_us = min(self.start_us, at_us) if self.lines else at_us
        self.end_us = max(self.end_us, at_us) if self.lines else at_us
        self.lines += 1

    def packed(self) -> bytes:
        """The sheet as bytes."""
        arrays = {name: np.stack(lines) for name, lines in self._arrays.items()}
        everywhere = np.ones(len(self.roster), np.bool_)
        for name, masks in self._masks.items():
            if any(mask is not None for mask in masks):
                arrays[name + KNOWN] = np.stack([everywhere if mask is None else mask for mask in masks])
        return pack(arrays, list(self._labels))

    def _mask(self, of: Mapping[AssetId, int]) -> Array | None:
        if len(of) == len(self.roster):
            return None
        return np.array([asset_id in of for asset_id in self.roster], np.bool_)

    def _label(self, text: str) -> int:
        """The text's place among the labels of the sheet."""
        return self._labels.setdefault(text, len(self._labels))

    @abstractmethod
    def _numbers(self, record: Recorded) -> dict[str, int | float]:
        """What the record says once."""

    @abstractmethod
    def _columns(self, record: Recorded) -> dict[str, Mapping[AssetId, int]]:
        """What the record says per asset."""


class TickSheet(Sheet[TickRecord]):
    """Ticks."""

    def _numbers(self, record: TickRecord) -> dict[str, int | float]:
        return {
            "number": record.number,
            "lag_s": float(record.lag_s),
            "shortfall": record.shortfall,
            "fault": self._label(record.fault),
            "policy": self._label(record.policy),
            "bounds": self._label(bounds_text(record.bounds)),
            "untold": self._label(json.dumps(record.untold)),
            "unreadable": self._label(json.dumps(record.unreadable)),
            "failure": self._label(record.failure),
            "power_unit": self._label(record.power_unit),
            **self._hold(record.hold),
        }

    def _hold(self, hold: HoldRecord | None) -> dict[str, int | float]:
        """Without a hold its storage is the label of nothing."""
        if hold is None:
            return {"hold_storage": -1, "hold_target": 0, "hold_reason": -1, **dict.fromkeys(HOLD_POWERS, math.nan)}
        powers_kw = (hold.import_kw, hold.import_limit_kw, hold.export_limit_kw, hold.shortfall_kw)
        return {
            "hold_storage": self._label(hold.storage),
            "hold_target": hold.target,
            "hold_reason": self._label(hold.reason),
            **{
                name: math.nan if power_kw is None else float(power_kw)
                for name, power_kw in zip(HOLD_POWERS, powers_kw, strict=True)
            },
        }

    def _columns(self, record: TickRecord) -> dict[str, Mapping[AssetId, int]]:
        return {
            "scheduled": record.scheduled,
            "target": record.targets,
            "potential": record.potentials,
            "age_ms": {asset_id: round(MS_PER_S * age_s) for asset_id, age_s in record.status_ages_s.items()},
            "decider": {asset_id: self._label(text) for asset_id, text in record.decided_by.items()},
        }


class StatusSheet(Sheet[StatusRecord]):
    """Rounds of statuses; ages to the millisecond."""

    def _numbers(self, record: StatusRecord) -> dict[str, int | float]:  # noqa: ARG002 - each asset speaks for itself
        return {}

    def _columns(self, record: StatusRecord) -> dict[str, Mapping[AssetId, int]]:
        statuses = record.statuses
        return {
            "output": {asset_id: status.output for asset_id, status in statuses.items()},
            "potential": {asset_id: status.potential for asset_id, status in statuses.items()},
            "age_ms": {asset_id: round(MS_PER_S * status.age_s) for asset_id, status in statuses.items()},
        }


def roster_of(record: TickRecord | StatusRecord) -> Roster:
    """The assets that a record is about; of a tick first those scheduled, in schedule order."""
    if isinstance(record, StatusRecord):
        return tuple(record.statuses)
    mentioned = (record.scheduled, record.targets, record.potentials, record.decided_by, record.status_ages_s)
    return tuple(dict.fromkeys(asset_id for mention in mentioned for asset_id in mention))


def bounds_text(bounds: Mapping[AssetId, Bounds]) -> str:
    """``{"asset_1": [0, 250]}``, null where there is no limit."""
    return json.dumps({asset_id: [own.lowest, own.highest] for asset_id, own in bounds.items()}) if bounds else "{}"


def bounds_of(text: str) -> dict[AssetId, Bounds]:
    """Read ``bounds_text`` back."""
    if text == "{}":
        return {}
    return {asset_id: Bounds(lowest=low, highest=high) for asset_id, (low, high) in json.loads(text).items()}


def packed_as_text(record: TickRecord | StatusRecord) -> bytes:
    """One record as a sheet of its own, with numbers of any size."""
    if isinstance(record, StatusRecord):
        said: dict[str, Any] = {
            asset_id: [status.output, status.potential, round(MS_PER_S * status.age_s)]
            for asset_id, status in record.statuses.items()
        }
    else:
        said = {name: getattr(record, name) for name in TickRecord.__slots__ if name not in {"at", "hold", "bounds"}}
        said["bounds"] = bounds_text(record.bounds)
        said["hold"] = None if record.hold is None else asdict(record.hold)
        said["status_ages_s"] = {asset_id: round(age_s, 3) for asset_id, age_s in record.status_ages_s.items()}
    return pack({}, [str(in_us(record.at)), json.dumps(said)])
