"""Whether what meter, sun, battery and loads measure at one moment can all be true: a wrong sign shows in the balance.

What is imported and what the assets deliver flows into loads. Measured loads count among the assets, so what is left is
what nobody measures: never below 0, and where the loads are measured often close to it. A sun that takes power and a
load that delivers some are wrong by themselves; of meter and batteries those are named whose other sign closes the
balance. A right balance proves nothing, so nothing is ever said to be right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind

LEAST_TOLERANCE_W = 100.0
"""Standby consumption, and what changes between two reads of different devices."""
TOLERANCE_SHARE = 0.05
"""Of the largest power: accuracies of inverters' own measurements are 2 to 5 %."""
_NEVER = {AssetKind.PRODUCER: (-1, "takes"), AssetKind.LOAD: (1, "delivers")}
"""What an asset of the kind never does: the sign of that output, and the word for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an asset delivers (+) or takes (−), in W; of the grid meter −900 is an import of 900 W."""

    asset_id: AssetId
    kind: AssetKind
    output_w: float


def doubtful_signs(measured: Collection[Measured], *, meter: AssetId | None) -> tuple[str, ...]:
    """A sentence for each doubt; ``meter`` is the asset that measures the grid connection, None = there is none."""
    tolerance_w = max(LEAST_TOLERANCE_W, TOLERANCE_SHARE * max((abs(one.output_w) for one in measured), default=0.0))
    alone = tuple(_wrong_alone(measured, tolerance_w))
    grid = next((one for one in measured if one.asset_id == meter), None)
    if alone or grid is None:
        return alone
    assets = [one for one in measured if one.kind is not AssetKind.METER]
    return _wrong_together(grid, assets, tolerance_w)


def _wrong_alone(measured: Collection[Measured], tolerance_w: float) -> Iterator[str]:
    for one in measured:
        sign, does = _NEVER.get(one.kind, (0, ""))
        if sign * one.output_w > tolerance_w:
            yield f"{one.asset_id} {does} {abs(one.output_w):.0f} W, which no {one.kind} does: its sign may be wrong"


def _wrong_together(grid: Measured, assets: Collection[Measured], tolerance_w: float) -> tuple[str, ...]:
    unmeasured_w = sum(one.output_w for one in assets) - grid.output_w
    has_loads = any(one.kind is AssetKind.LOAD and one.output_w < -tolerance_w for one in assets)
    with_other_sign = {grid.asset_id: unmeasured_w + 2 * grid.output_w} | {
        one.asset_id: unmeasured_w - 2 * one.output_w for one in assets if one.kind is AssetKind.STORAGE
    }
    closing = [asset_id for asset_id, left_w in with_other_sign.items() if abs(left_w) <= tolerance_w]
    if unmeasured_w < -tolerance_w:
        possible = [asset_id for asset_id, left_w in with_other_sign.items() if left_w >= -tolerance_w]
        found = (has_loads and closing) or possible
        doubt = f"{-unmeasured_w:.0f} W more go out than come in"
    elif unmeasured_w > tolerance_w and has_loads:
        found, doubt = closing, f"{unmeasured_w:.0f} W more come in than go out"
    else:
        return ()
    if not found:
        return () if unmeasured_w > 0 else (f"{doubt}: the measured powers do not add up",)
    return (f"{doubt}: the sign of {' or '.join(sorted(found))} may be wrong, with the other one it adds up",)
