"""Sheets back to records."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import repeat

import numpy as np

from energy_manager.adapters.storage.sql.history.packing import Array, Packed
from energy_manager.adapters.storage.sql.history.sheets import KNOWN, MS_PER_S, Roster, bounds_of
from energy_manager.adapters.storage.sql.tables import from_us
from energy_manager.application.ports.history import HoldRecord, StatusOf, StatusRecord, TickRecord
from energy_manager.domain.dispatch import Bounds
from energy_manager.domain.quantities import AssetId


def ticks_of(packed: Packed, roster: Roster) -> Iterator[TickRecord]:
    """The ticks of a sheet, as they were recorded."""
    if "at_us" not in packed:
        at_us, said = packed.labels
        particulars = json.loads(said)
        hold = particulars.pop("hold")
        particulars["hold"] = None if hold is None else HoldRecord(**hold)
        particulars["bounds"] = bounds_of(particulars.get("bounds", "{}"))
        yield TickRecord(at=from_us(int(at_us)), **particulars)
        return
    labels = packed.labels
    scheduled, targets, potentials = (_mappings(packed, name, roster) for name in ("scheduled", "target", "potential"))
    deciders, holds, bounds = _deciders(packed, roster), _holds(packed), _bounds(packed)
    numbers, shortfalls, lags_s, faults, policies = (
        packed.array(name).tolist() for name in ("number", "shortfall", "lag_s", "fault", "policy")
    )
    for line, at_us in enumerate(packed.array("at_us").tolist()):
        yield TickRecord(
            number=numbers[line],
            at=from_us(at_us),
            lag_s=lags_s[line],
            scheduled=next(scheduled),
            potentials=next(potentials),
            targets=next(targets),
            shortfall=shortfalls[line],
            decided_by=next(deciders),
            fault=labels[faults[line]],
            policy=labels[policies[line]],
            hold=next(holds),
            bounds=next(bounds),
        )


def statuses_of(packed: Packed, roster: Roster) -> Iterator[StatusRecord]:
    """The rounds of statuses of a sheet, as they were recorded."""
    if "at_us" not in packed:
        at_us, said = packed.labels
        plain = {
            asset_id: StatusOf(output=output, potential=potential, age_s=age_ms / MS_PER_S)
            for asset_id, (output, potential, age_ms) in json.loads(said).items()
        }
        yield StatusRecord(at=from_us(int(at_us)), statuses=plain)
        return
    outputs, potentials, ages_ms = (packed.array(name).tolist() for name in ("output", "potential", "age_ms"))
    for line, at_us in enumerate(packed.array("at_us").tolist()):
        said_of = zip(roster, outputs[line], potentials[line], ages_ms[line], strict=True)
        statuses = {
            asset_id: StatusOf(output=output, potential=potential, age_s=age_ms / MS_PER_S)
            for asset_id, output, potential, age_ms in said_of
        }
        yield StatusRecord(at=from_us(at_us), statuses=statuses)


def samples_of(packed: Packed, name: str, column: int) -> tuple[Array, Array]:
    """When (us) and what, of one asset's column where it has values."""
    if "at_us" not in packed or name not in packed:
        nothing = np.empty(0, np.int64)
        return nothing, nothing
    at_us, values = packed.array("at_us"), packed.array(name, column)
    if name + KNOWN in packed:
        known = packed.array(name + KNOWN, column)
        return at_us[known], values[known]
    return at_us, values


def _mappings(packed: Packed, name: str, roster: Roster) -> Iterator[dict[AssetId, int]]:
    values = packed.array(name).tolist()
    if name + KNOWN not in packed:
        for line in values:
            yield dict(zip(roster, line, strict=True))
        return
    for line, known in zip(values, packed.array(name + KNOWN).tolist(), strict=True):
        yield {asset_id: value for asset_id, value, is_known in zip(roster, line, known, strict=True) if is_known}


def _holds(packed: Packed) -> Iterator[HoldRecord | None]:
    """Sheets from before there were holds have none."""
    if "hold_storage" not in packed:
        yield from repeat(None)
    lines = zip(
        *(packed.array(f"hold_{name}").tolist() for name in ("storage", "target", "reason", "import_kw")), strict=True
    )
    for storage, target, reason, import_kw in lines:
        yield (
            None
            if storage < 0
            else HoldRecord(
                storage=packed.labels[storage],
                target=target,
                import_kw=None if math.isnan(import_kw) else import_kw,
                reason=packed.labels[reason],
            )
        )


def _bounds(packed: Packed) -> Iterator[dict[AssetId, Bounds]]:
    """Sheets from before there were limits have none; lines that say the same share one mapping."""
    if "bounds" not in packed:
        yield from repeat({})
    said = {place: bounds_of(packed.labels[place]) for place in set(packed.array("bounds").tolist())}
    for place in packed.array("bounds").tolist():
        yield said[place]


def _deciders(packed: Packed, roster: Roster) -> Iterator[dict[AssetId, str]]:
    """Who decides seldom changes: lines that say the same share one mapping."""
    places, labels = packed.array("decider"), packed.labels
    known = packed.array("decider" + KNOWN) if "decider" + KNOWN in packed else np.ones(places.shape, np.bool_)
    latest: dict[AssetId, str] = {}
    for line in range(len(places)):
        is_same = line > 0 and np.array_equal(places[line], places[line - 1])
        if not (is_same and np.array_equal(known[line], known[line - 1])):
            named = zip(roster, places[line].tolist(), known[line].tolist(), strict=True)
            latest = {asset_id: labels[place] for asset_id, place, is_known in named if is_known}
        yield latest
