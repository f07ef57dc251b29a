"""Chunks that an earlier version wrote are read: what they do not tell is not known."""

import json
from datetime import UTC, datetime
from math import nan

import numpy as np

from energy_manager.adapters.storage.sql.history.array_codec import Packed, pack
from energy_manager.adapters.storage.sql.history.chunk_decoding import records_of
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.series import microseconds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OLD = Tick(
    number=7,
    at=NOON,
    lag_s=0.25,
    scheduled={"a": 100, "s": 5},
    potentials={"a": 50, "s": 9},
    targets={"a": 50, "s": 9},
    shortfall=50,
    decided_by={"a": "shared", "s": "shared"},
    policy="proportional",
)


def column(*values: int):
    return np.array([values], np.int64)


def chunk(**more) -> Packed:
    """One tick of assets a and s, as the first version with a history wrote it."""
    arrays = {
        "at_us": np.array([microseconds(NOON)], np.int64),
        "number": np.array([7], np.int64),
        "lag_s": np.array([0.25], np.float64),
        "shortfall": np.array([50], np.int64),
        "fault": np.array([0], np.int64),
        "policy": np.array([1], np.int64),
        "scheduled": column(100, 5),
        "target": column(50, 9),
        "potential": column(50, 9),
        "decider": column(2, 2),
    }
    return Packed(pack(arrays | more, ["", "proportional", "shared", "s", "import limit"]))


def test_a_chunk_without_holds_ages_and_what_came_later():
    assert list(records_of(Tick, chunk(), ("a", "s"))) == [OLD]


def test_a_chunk_with_holds_but_without_limits():
    hold = {
        "hold_storage": np.array([3], np.int64),
        "hold_target": np.array([9], np.int64),
        "hold_reason": np.array([4], np.int64),
        "hold_import_kw": np.array([nan], np.float64),
    }
    (tick,) = records_of(Tick, chunk(**hold), ("a", "s"))
    assert tick.hold == GridHold(storage="s", target=9, import_kw=None, reason="import limit")


def test_a_tick_kept_as_text():
    said = {
        "number": 7,
        "lag_s": 0.25,
        "scheduled": {"a": 10**30},
        "potentials": {"a": 50},
        "targets": {"a": 50},
        "shortfall": 10**30 - 50,
        "decided_by": {},
        "fault": "",
        "policy": "proportional",
        "hold": None,
    }
    (tick,) = records_of(Tick, Packed(pack({}, [str(microseconds(NOON)), json.dumps(said)])), ("a",))
    assert tick == Tick(at=NOON, **said)
