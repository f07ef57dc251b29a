"""Look at every device of a site once, all at a time; none that hangs holds up the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.commissioned_device import CommissionedDevice
from energy_manager.domain.commissioning import Inspection, Measured, Silence, doubtful_signs
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind

TRIES = 2
"""One lost answer is no silence."""
TRY_AGAIN_S = 0.5
PATIENCE_S = 12.0
"""How long is waited for a device that publishes by itself: most do so every 10 s at least."""
ABANDONED_S = 20.0
"""A call that has not come back by then is left behind."""
POLL_S = 0.02

Finding = Inspection | Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found of each asset, in the order of the site file, and the doubts about signs."""

    findings: tuple[Finding, ...]
    doubts: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every device answers and is the one that is meant."""
        return all(isinstance(found, Inspection) and found.is_good for found in self.findings)


@dataclass(slots=True, kw_only=True)
class InspectDevices:
    """Reads only. ``devices`` open the devices, ``start`` runs work beside; ``kinds`` and ``meter`` are the site's.

    ``words_of`` puts what a device raised into words.
    """

    devices: Mapping[AssetId, Callable[[], CommissionedDevice]]
    kinds: Mapping[AssetId, AssetKind | None]
    meter: AssetId | None
    clock: Clock
    start: Callable[[Callable[[], None]], object]
    words_of: Callable[[BaseException], str]
    _opened: dict[AssetId, CommissionedDevice] = field(default_factory=dict, init=False)

    def __call__(self) -> Survey:
        """Look at all; a doubt about a sign counts if it is there twice, for powers change between two reads."""
        findings = self._all()
        if self._doubts(findings):
            findings = self._all()
        for device in self._opened.values():
            with suppress(Exception):  # it was looked at; how it takes leave changes nothing
                device.close()
        return Survey(findings=findings, doubts=self._doubts(findings))

    def _all(self) -> tuple[Finding, ...]:
        found: dict[AssetId, Finding] = {}

        def look(asset_id: AssetId) -> None:
            found[asset_id] = self._inspected(asset_id)

        for asset_id in self.devices:
            self.start(partial(look, asset_id))
        until_s = self.clock.now_s() + ABANDONED_S
        while len(found) < len(self.devices) and self.clock.now_s() < until_s:
            self.clock.sleep_until(self.clock.now_s() + POLL_S)
        abandoned = f"it has not come back for {ABANDONED_S:g} s"
        return tuple(found.get(name) or Silence(asset_id=name, reason=abandoned) for name in self.devices)

    def _inspected(self, asset_id: AssetId) -> Finding:
        patient_until_s = self.clock.now_s() + PATIENCE_S
        tries, reason = 0, ""
        while True:
            found, tries = None, tries + 1
            try:
                found = self._device(asset_id).inspect()
            except BaseException as error:  # noqa: BLE001 - a device may raise anything
                reason = reason or self.words_of(error)
            is_whole = found is not None and all(point.value is not None for point in found.points)
            may_come = self._publishes(asset_id) and self.clock.now_s() < patient_until_s
            if is_whole or (not may_come and (found is not None or tries >= TRIES)):
                return found or Silence(asset_id=asset_id, reason=reason)
            self.clock.sleep_until(self.clock.now_s() + TRY_AGAIN_S)

    def _publishes(self, asset_id: AssetId) -> bool:
        device = self._opened.get(asset_id)
        return device is not None and device.publishes

    def _device(self, asset_id: AssetId) -> CommissionedDevice:
        if asset_id not in self._opened:
            self._opened[asset_id] = self.devices[asset_id]()
        return self._opened[asset_id]

    def _doubts(self, findings: Iterable[Finding]) -> tuple[str, ...]:
        return doubtful_signs(tuple(self._measured(findings)), meter=self.meter)

    def _measured(self, findings: Iterable[Finding]) -> Iterator[Measured]:
        for found in findings:
            kind = self.kinds[found.asset_id]
            if isinstance(found, Inspection) and found.output_w is not None and kind is not None:
                yield Measured(asset_id=found.asset_id, kind=kind, output_w=found.output_w)
