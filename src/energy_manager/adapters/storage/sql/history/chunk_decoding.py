"""Sheets back to records."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np

from energy_manager.adapters.storage.sql.history.array_codec import Array, Packed
from energy_manager.adapters.storage.sql.history.chunk_encoding import HOLD_POWERS, KNOWN, MS_PER_S, Roster, bounds_of
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
        particulars |= {name: tuple(particulars.get(name, ())) for name in ("untold", "unreadable")}
        yield TickRecord(at=from_us(int(at_us)), **particulars)
        return
    labels = packed.labels
    scheduled, targets, potentials = (_mappings(packed, name, roster) for name in ("scheduled", "target", "potential"))
    deciders, holds, ages_s = _deciders(packed, roster), _holds(packed), _ages_s(packed, roster)
    bounds = _bounds(packed)
    untold, unreadable, failures, units = (
        _texts(packed, name, otherwise)
        for name, otherwise in (("untold", "[]"), ("unreadable", "[]"), ("failure", ""), ("power_unit", ""))
    )
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
            status_ages_s=next(ages_s),
            untold=_names(next(untold)),
            unreadable=_names(next(unreadable)),
            failure=next(failures),
            power_unit=next(units),
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
    return _by_asset(packed, name, packed.array(name), roster)


def _by_asset(packed: Packed, name: str, values: Array, roster: Roster) -> Iterator[dict[AssetId, Any]]:
    """A mapping a line, of the assets that have a value of that name in it."""
    if name + KNOWN not in packed:
        for line in values.tolist():
            yield dict(zip(roster, line, strict=True))
        return
    for line, known in zip(values.tolist(), packed.array(name + KNOWN).tolist(), strict=True):
        yield {asset_id: value for asset_id, value, is_known in zip(roster, line, known, strict=True) if is_known}


def _ages_s(packed: Packed, roster: Roster) -> Iterator[dict[AssetId, float]]:
    """Older sheets do not tell ages."""
    if "age_ms" not in packed:
        return repeat({})
    return _by_asset(packed, "age_ms", packed.array("age_ms") / MS_PER_S, roster)


def _texts(packed: Packed, name: str, otherwise: str) -> Iterator[str]:
    """A text a line, where the sheet has such texts."""
    if name not in packed:
        return repeat(otherwise)
    return (packed.labels[place] for place in packed.array(name).tolist())


def _names(said: str) -> tuple[AssetId, ...]:
    return () if said == "[]" else tuple(json.loads(said))


def _holds(packed: Packed) -> Iterator[HoldRecord | None]:
    """Older sheets do not tell the limits, and the oldest have no holds."""
    if "hold_storage" not in packed:
        yield from repeat(None)
    storages, targets, reasons = (packed.array(f"hold_{name}").tolist() for name in ("storage", "target", "reason"))
    powers_kw = [packed.array(name).tolist() if name in packed else repeat(math.nan) for name in HOLD_POWERS]
    for storage, target, reason, *of_line in zip(storages, targets, reasons, *powers_kw, strict=False):
        if storage < 0:
            yield None
            continue
        import_kw, import_limit_kw, export_limit_kw, shortfall_kw = of_line
        yield HoldRecord(
            storage=packed.labels[storage],
            target=target,
            import_kw=_known(import_kw),
            reason=packed.labels[reason],
            import_limit_kw=_known(import_limit_kw),
            export_limit_kw=_known(export_limit_kw),
            shortfall_kw=_known(shortfall_kw) or 0.0,
        )


def _bounds(packed: Packed) -> Iterator[dict[AssetId, Bounds]]:
    """Sheets from before there were limits have none; lines that say the same share one mapping."""
    if "bounds" not in packed:
        yield from repeat({})
    said = {place: bounds_of(packed.labels[place]) for place in set(packed.array("bounds").tolist())}
    for place in packed.array("bounds").tolist():
        yield said[place]


def _known(power_kw: float) -> float | None:
    return None if math.isnan(power_kw) else power_kw


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
