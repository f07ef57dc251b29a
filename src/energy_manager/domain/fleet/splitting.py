"""An order to a site, split onto its assets; and what these delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from energy_manager.domain.quantities import AssetId

HOUR = timedelta(hours=1)


def split(steps: int, rooms: Mapping[AssetId, int]) -> dict[AssetId, int]:
    """The targets, in proportion to each asset's room, whole power steps whose sum is exactly ``steps``.

    Largest remainders (Hamilton's method): each asset gets the whole part of its share, the rest goes one by one to
    those with the largest fractions. ``rooms`` are at least 0, and together at least ``abs(steps)``.
    """
    total, wanted = sum(rooms.values()), abs(steps)
    assert wanted <= total, (steps, rooms)
    sign = 1 if steps >= 0 else -1
    shares = {asset_id: divmod(wanted * room, total) if total else (0, 0) for asset_id, room in rooms.items()}
    left = wanted - sum(whole for whole, _ in shares.values())
    first = sorted(shares, key=lambda asset_id: (-shares[asset_id][1], asset_id))[:left]
    return {asset_id: sign * (whole + (asset_id in first)) for asset_id, (whole, _) in shares.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPower:
    """What the assets delivered together at an instant, kW; None: one of them was not known."""

    at: datetime
    deliver_kw: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What was delivered, positive = delivered, and how many seconds of the span are known."""

    kwh: float
    covered_s: float


def energy(measured: Sequence[MeasuredPower], start: datetime, until: datetime, *, holds: timedelta) -> Energy:
    """The energy in ``[start, until)``: each value holds until the next one, for ``holds`` at most."""
    kwh, covered = 0.0, timedelta(0)
    ends = [*measured, MeasuredPower(at=until, deliver_kw=None)]
    for now, following in pairwise(ends):
        begins = max(now.at, start)
        lasts = min(following.at, now.at + holds, until) - begins
        if now.deliver_kw is not None and lasts > timedelta(0):
            kwh += now.deliver_kw * (lasts / HOUR)
            covered += lasts
    return Energy(kwh=kwh, covered_s=covered.total_seconds())
