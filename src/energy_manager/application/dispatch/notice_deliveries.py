"""Say once a change which assets count as something else than their target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from energy_manager.application.ports.records.journal import DeviceChanged
from energy_manager.domain.directions import doing, measures, to_do
from energy_manager.domain.quantities import AssetId


@dataclass(slots=True, kw_only=True)
class NoticeDeliveries:
    """Remembers from tick to tick who counts as what, and what the assets were told."""

    _targets: Mapping[AssetId, int | None] = field(default_factory=dict, init=False)
    _disobeying: AbstractSet[AssetId] = field(default_factory=set, init=False)
    _unreachable: AbstractSet[AssetId] = field(default_factory=set, init=False)

    def after(
        self,
        counted: Mapping[AssetId, int],
        believed: Mapping[AssetId, int],
        targets: Mapping[AssetId, int | None],
        *,
        power_unit: str,
    ) -> Iterator[DeviceChanged]:
        """What has changed with a tick; ``believed`` are the assets with a status that may be believed."""
        told, self._targets = self._targets, targets
        if not counted and not self._disobeying and not self._unreachable:
            return
        disobeyed, self._disobeying = self._disobeying, counted.keys() & believed.keys()
        unreached, self._unreachable = self._unreachable, counted.keys() - believed.keys()
        for asset_id in sorted(self._disobeying - disobeyed):
            found, target = counted[asset_id], told.get(asset_id)
            is_told = "nothing" if target is None else to_do(target, _amount(target, power_unit))
            sentence = (
                f"is told {is_told} and {measures(found, _amount(found, power_unit))}: "
                "its targets do not arrive or are not followed, "
                "so it counts as what it measures"
            )
            yield DeviceChanged(asset_id=asset_id, is_good=False, sentence=sentence)
        for asset_id in sorted(self._unreachable - unreached):
            sentence = f"cannot be reached: it counts as {_assumed(counted[asset_id], power_unit)}"
            yield DeviceChanged(asset_id=asset_id, is_good=False, sentence=sentence)
        for asset_id in sorted((disobeyed | unreached) - counted.keys()):
            sentence = "counts as what it is told again" if asset_id in believed else "is not measured any more"
            yield DeviceChanged(asset_id=asset_id, is_good=asset_id in believed, sentence=sentence)


def _amount(steps: int, unit: str) -> str:
    return f"{abs(steps):,} {unit}"


def _assumed(steps: int, unit: str) -> str:
    return doing(steps, _amount(steps, unit)) if steps else f"delivering {_amount(steps, unit)}"
