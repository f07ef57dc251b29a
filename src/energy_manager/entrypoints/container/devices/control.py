"""How the device of an asset is reached, in a form that the store can keep, and how it is released by that form."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from energy_manager.adapters.devices import Connection, DriverContext
from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.runtime.threads import Alarm, start_daemon
from energy_manager.application.control_record import ControlRecord
from energy_manager.application.dispatch import KeepControl
from energy_manager.application.ports.devices.device_gateway import DeviceGateway
from energy_manager.application.ports.records.journal import Journal
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind, Ratings
from energy_manager.entrypoints.site_file import SiteFile
from energy_manager.entrypoints.site_file.assets import AssetEntry


def keep_control_of(
    site: SiteFile,
    *,
    documents: DocumentRepository,
    devices: DeviceGateway,
    journal: Journal,
    clock: MonotonicClock,
    alarm: Alarm,
    may_command: Callable[[], bool],
) -> KeepControl:
    """The record of what is under control, for the assets of the site file and those that have left it."""
    return KeepControl(
        record=ControlRecord(site=site.site.name, documents=documents),
        reaches={entry.id: reach_of(entry, site) for entry in site.assets},
        releasable=site.described.releasable,
        devices=devices,
        journal=journal,
        clock=clock,
        release_by=partial(release_by, clock=clock),
        start=partial(start_daemon, name="release by the record"),
        wake=alarm.ring,
        lock=threading.Lock(),
        may_command=may_command,
    )


def reach_of(entry: AssetEntry, site: SiteFile) -> JsonObject:
    """The driver with its options, and the connection that it names; a secret is kept masked, or as its reference."""
    connection = site.connection_of(entry)
    ratings = {name: getattr(entry.ratings, name) for name in sorted(entry.ratings.given)}
    reach: dict[str, Any] = {
        "driver": entry.driver,
        "options": _said(entry.options),
        "kind": None if entry.asset.kind is None else str(entry.asset.kind),
        "ratings": ratings,
        "watts_per_step": site.described.watts_per_step,
        "connection": None
        if connection is None
        else {"id": connection.id, "driver": connection.driver, "options": _said(connection.options)},
    }
    read_back: JsonObject = json.loads(json.dumps(reach))
    return read_back


def _said(options: Any) -> Any:  # noqa: ANN401 - any pydantic model
    return options.model_dump(mode="json", by_alias=True, exclude_unset=True)


def release_by(asset_id: AssetId, reach: JsonObject, *, clock: MonotonicClock) -> None:
    """Open the driver as it was when it was kept, release the device and let go of it; may hang.

    Raises:
        Refused: there is no such driver any more, or it does not take these options.
        Exception: whatever the driver raises.
    """
    registry = Registry()
    driver_type = registry.driver(reach["driver"])
    if driver_type is None:
        raise Refused.at(asset_id, f"there is no driver {reach['driver']!r} any more")
    context = DriverContext(
        asset_id=asset_id,
        kind=None if reach["kind"] is None else AssetKind(reach["kind"]),
        ratings=Ratings(**reach["ratings"]),
        watts_per_step=reach["watts_per_step"],
        now_s=clock.now_s,
        link=SharedLinks(),
        connection=_connection_of(reach["connection"], registry),
    )
    driver = driver_type.open(driver_type.options.model_validate(reach["options"]), context)
    try:
        driver.write(None)
    finally:
        driver.close()


def _connection_of(said: JsonObject | None, registry: Registry) -> Connection | None:
    if said is None:
        return None
    found = registry.connection(said["driver"])
    if found is None:
        raise Refused.at(str(said["id"]), f"there is no type of connection {said['driver']!r} any more")
    return Connection(id=said["id"], driver=said["driver"], options=found.options.model_validate(said["options"]))
