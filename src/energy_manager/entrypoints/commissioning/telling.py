"""Tell one device a power by hand, and release it whatever happens."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from energy_manager.application.commissioning import TellByHand, Told
from energy_manager.application.control_record import ControlRecord
from energy_manager.application.mastership import Mastership
from energy_manager.domain.directions import measures, to_do
from energy_manager.domain.errors import EnergyManagerError, Refused
from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.commissioning.looking import entry_of, silent_log
from energy_manager.entrypoints.container.devices.commissioning import ByHand, by_hand, keeping_on_record, mastery_of
from energy_manager.entrypoints.running.shutdown import Stopper
from energy_manager.entrypoints.site_file import AssetEntry, SiteFile, chosen_site

RELEASED_WITHIN_S = 10.0
"""How long the end waits for the release after Ctrl-C; a second signal ends it at once."""


class DeviceFailed(EnergyManagerError):
    """The device did not do what it was asked."""

    code = "device_failed"


def order_of(asset_id: str, watts: float, site_path: Path | None) -> tuple[AssetEntry, SiteFile]:
    """The asset and its site, if the asset may be told this.

    Raises:
        Refused: it may not.
    """
    site = chosen_site(site_path)
    entry = entry_of(asset_id, site)
    if not math.isfinite(watts):
        raise Refused.at("W", f"{watts}: must be a finite number of W")
    if entry.asset.kind is AssetKind.METER:
        raise Refused.at("ASSET", f"{asset_id} is a meter: it takes no targets")
    bounds = entry.asset.ever(site.described.watts_per_step)
    step_w = site.described.watts_per_step
    if bounds.lowest is not None and watts < bounds.lowest * step_w:
        raise Refused.at("W", f"{watts:g}: {asset_id} is never told less than {bounds.lowest * step_w} W")
    if bounds.highest is not None and watts > bounds.highest * step_w:
        raise Refused.at("W", f"{watts:g}: {asset_id} is never told more than {bounds.highest * step_w} W")
    return entry, site


class _Interruption:
    """Ctrl-C: the work is asked to end, and the process leaves when it has."""

    def __init__(self, stopper: Stopper) -> None:
        self._is_asked, self._has_ended = threading.Event(), threading.Event()
        self._stopper = stopper
        stopper.farewell = self._farewell

    def _farewell(self) -> None:
        self._is_asked.set()
        until_s = time.monotonic() + RELEASED_WITHIN_S
        while time.monotonic() < until_s and not self._stopper.is_hurried():
            if self._has_ended.wait(0.02):
                return

    def waits(self, seconds: float) -> bool:
        return self._is_asked.wait(seconds)

    def ended(self) -> None:
        """The work is over; where a signal asked for that, its thread leaves the process now."""
        self._has_ended.set()
        if self._is_asked.is_set():
            time.sleep(RELEASED_WITHIN_S)


def tell(
    entry: AssetEntry, site: SiteFile, watts: float, *, for_s: float, stopper: Stopper, show: Callable[[str], None]
) -> None:
    """Tell, show what it does every two seconds, release.

    Raises:
        AnotherMaster: a loop commands the site.
        DeviceFailed: it cannot be told, or fails meanwhile; it was released, or the sentence says that it was not.
    """
    parts = by_hand(site, entry.id)
    with mastery_of(site) as (mastership, record), silent_log():
        interruption = _Interruption(stopper)
        try:
            _tell(
                parts,
                entry,
                site,
                watts,
                for_s=for_s,
                show=show,
                record=record,
                wait=partial(_waited, interruption, mastership),
            )
        except EnergyManagerError as error:
            raise DeviceFailed(f"{entry.id}: {error}") from None
        except Exception as error:  # noqa: BLE001 - a device may raise anything
            raise DeviceFailed(f"{entry.id}: {parts.words_of(error)}") from None
        finally:
            interruption.ended()


def _tell(
    parts: ByHand,
    entry: AssetEntry,
    site: SiteFile,
    watts: float,
    *,
    for_s: float,
    show: Callable[[str], None],
    record: ControlRecord,
    wait: Callable[[float], bool],
) -> None:
    device = parts.open()
    try:
        found = device.inspect()
        if not found.identity.is_pinned_one:
            who = found.identity.serial or "of no known serial number"
            raise DeviceFailed(f"it is {who}, not the device that the site file names; nothing was written")
        if found.only_read_for is not None:
            raise DeviceFailed(f"it is read only: {found.only_read_for}")
        show(told_line(Told(after_s=0.0, told_w=None, inspection=found), word="before"))
        begins, ends = keeping_on_record(record, entry, site)
        target = entry.asset.unscheduled_target
        TellByHand(
            device=device,
            clock=parts.clock,
            wait=wait,
            begins=begins,
            ends=ends,
            show=lambda told: show(told_line(told)),
            released_w=None if target is None else target * site.described.watts_per_step,
        )(_exact(watts), for_s=for_s)
    finally:
        device.close()


def _waited(interruption: _Interruption, mastership: Mastership, seconds: float) -> bool:
    is_asked = interruption.waits(seconds)
    mastership.look()
    return is_asked or bool(mastership.lost)


def _exact(watts: float) -> float:
    """A whole number of W as an int: drivers of sites in whole steps want those."""
    return int(watts) if watts.is_integer() else watts


def told_line(told: Told, *, word: str | None = None) -> str:
    """``  2.0 s  told to take 1000 W  takes 998 W  soc_percent 57 %``."""
    told_words = word or (
        "released" if told.told_w is None else f"told {to_do(told.told_w, f'{abs(told.told_w):g} W')}"
    )
    output_w = told.inspection.output_w
    measured = "measures nothing" if output_w is None else measures(output_w, f"{abs(output_w):g} W")
    others = "  ".join(
        f"{point.name} {'missing' if point.value is None else f'{point.value:.10g} {point.unit}'.rstrip()}"
        for point in told.inspection.points
    )
    return f"{told.after_s:5.1f} s  {told_words:<22}  {measured:<16}  {others}"
