"""The devices of a site file for commands that look at them or tell one by hand, beside no loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from energy_manager.adapters.devices import Driver
from energy_manager.adapters.devices.commissioned import commissioned
from energy_manager.adapters.devices.scanning import ModbusScan
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import MonotonicClock, seconds_awake_and_asleep
from energy_manager.adapters.runtime.processes import LinuxProcesses
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.application.commissioning import InspectDevices
from energy_manager.application.control_record import ControlRecord
from energy_manager.application.mastership import Mastership
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.commissioned_device import CommissionedDevice
from energy_manager.application.ports.devices.unit_scan import UnitScan
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.dispatch import Controlled
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.container.devices.control import reach_of
from energy_manager.entrypoints.container.devices.devices import drivers_of
from energy_manager.entrypoints.container.store.store import opened_store
from energy_manager.entrypoints.site_file import AssetEntry, SiteFile

GIVEN_BACK_S = 1.0


def devices_of(site: SiteFile, clock: MonotonicClock) -> dict[AssetId, Callable[[], CommissionedDevice]]:
    """What opens each device of the site; nothing is opened here."""
    return {asset_id: partial(_opened, asset_id, opens, clock) for asset_id, opens in drivers_of(site, clock).items()}


def _opened(asset_id: AssetId, opens: Callable[[], Driver], clock: MonotonicClock) -> CommissionedDevice:
    return commissioned(asset_id, opens(), now_s=clock.now_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """One device told by hand: what opens it, the clock, and the words for what it raises."""

    open: Callable[[], CommissionedDevice]
    clock: Clock
    words_of: Callable[[BaseException], str]


def by_hand(site: SiteFile, asset_id: AssetId) -> ByHand:
    """The device of an asset, not opened yet."""
    clock = MonotonicClock()
    return ByHand(open=devices_of(site, clock)[asset_id], clock=clock, words_of=describe_failure)


def scans_of(
    host: str, *, units: Sequence[int], over: Literal["tcp", "rtu_over_tcp"], timeout_s: float, within_s: float
) -> Callable[[int], UnitScan]:
    """A scan of a port of the host; all of them together end ``within_s`` from now."""
    clock = MonotonicClock()
    until_s = clock.now_s() + within_s

    def scan(port: int) -> ModbusScan:
        left_s = until_s - clock.now_s()
        return ModbusScan(
            host=host, port=port, units=units, over=over, clock=clock, timeout_s=timeout_s, within_s=left_s
        )

    return scan


def inspection_of(site: SiteFile, *, only: AssetId | None = None) -> InspectDevices:
    """A look at all devices of the site, or at one."""
    clock = MonotonicClock()
    devices = devices_of(site, clock)
    return InspectDevices(
        devices=devices if only is None else {only: devices[only]},
        kinds={entry.id: entry.asset.kind for entry in site.assets},
        meter=grid_meter_of(site),
        clock=clock,
        start=partial(start_daemon, name="inspection"),
        words_of=describe_failure,
    )


def grid_meter_of(site: SiteFile) -> AssetId | None:
    """The meter of the grid connection: as its limits name it, else the only one that is not a home's."""
    if site.pcc is not None:
        return site.pcc.meter
    of_homes = {home.meter for home in site.households}
    meters = [entry.id for entry in site.assets if entry.asset.kind is AssetKind.METER and entry.id not in of_homes]
    return meters[0] if len(meters) == 1 else None


@contextmanager
def mastery_of(site: SiteFile) -> Iterator[tuple[Mastership, ControlRecord]]:
    """Be the site's master meanwhile, as its loop would be: no loop commands it, and none begins.

    Raises:
        AnotherMaster, OtherSite: the site is commanded by another process, or the store is another site's.
        StoreUnavailable: it cannot be known.
    """
    with opened_store(site=site.site.name) as store:
        mastership = Mastership(
            site=site.site.name,
            documents=store.repository,
            processes=LinuxProcesses(),
            journal=InMemoryJournal(),
            elapsed_s=seconds_awake_and_asleep,
            sleep_s=time.sleep,
        )
        mastership.take(takeover=False)
        if not mastership.epoch:
            raise StoreUnavailable("so it is not known whether a loop commands the site")
        try:
            yield mastership, ControlRecord(site=site.site.name, documents=store.repository)
        finally:
            mastership.give_back(timeout_s=GIVEN_BACK_S)


def keeping_on_record(
    record: ControlRecord, entry: AssetEntry, site: SiteFile
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Note that the device of this asset is under control, and that it no longer is; what else is on record stays."""
    own = Controlled(
        asset_id=entry.id, reach=reach_of(entry, site), runs_by_itself=entry.id in site.described.releasable
    )
    others = tuple(known for known in record.load() if known.asset_id != entry.id)
    return partial(record.keep, (*others, own)), partial(record.keep, others)
