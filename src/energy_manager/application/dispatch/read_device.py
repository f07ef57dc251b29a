"""Beside the loop: how one device fares, as the person who looks after it needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from energy_manager.application.dispatch.site_view import AssetView, SiteView
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import CallCounts, CallKind, DeviceGateway, DeviceHealth
from energy_manager.domain.commissioning import PointReading
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One asset and its device: what it said last, how its calls have ended, and what keeps it from being told.

    ``failed_s_ago`` is the age, in seconds, of the last failure of each kind of call that ever failed.
    """

    asset: AssetView
    health: DeviceHealth
    calls: Mapping[CallKind, CallCounts]
    points: tuple[PointReading, ...]
    failed_s_ago: Mapping[CallKind, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDevice:
    """Put together what is known of one device, in whichever thread asks."""

    survey: Callable[[], SiteView]
    devices: DeviceGateway
    clock: Clock

    def __call__(self, asset_id: AssetId) -> DeviceView | None:
        """The device of this asset; None where the site has none of this id."""
        assets = {asset.id: asset for asset in self.survey().assets}
        if asset_id not in assets or asset_id not in self.devices.asset_ids:
            return None
        health, calls, now_s = self.devices.health()[asset_id], self.devices.calls(), self.clock.now_s()
        return DeviceView(
            asset=assets[asset_id],
            health=health,
            calls={kind: calls[asset_id, kind] for kind in CallKind},
            points=self.devices.points(asset_id),
            failed_s_ago={kind: max(0.0, now_s - failed.at_s) for kind, failed in health.last_failures.items()},
        )
