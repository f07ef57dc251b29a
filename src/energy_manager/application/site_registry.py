"""The site that follows the store's schedules, kept beside them: so that a command can know it too."""

from __future__ import annotations

from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.site import Bounds, PlanningSite

KIND = "site"
_ID = "site"


def keep_site(documents: DocumentRepository, site: PlanningSite) -> None:
    """Keep what plans must know of the site; nothing is written when it is kept already.

    Raises:
        StoreUnavailable: the store cannot be read or written.
    """
    body = {
        "assets": list(site.controllable),
        "power_unit": site.power_unit,
        "storage": site.storage,
        "time_zone": site.time_zone,
        "uncontrolled": list(site.uncontrolled),
        "bounds": {asset_id: [bounds.lowest, bounds.highest] for asset_id, bounds in site.bounded.items()},
    }
    kept = documents.document(KIND, _ID)
    if kept is None or kept.body != body:
        documents.put_document(KIND, _ID, body)


def known_site(documents: DocumentRepository) -> PlanningSite | None:
    """The site that ``run`` last followed the store's schedules on; None if it never did.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    kept = documents.document(KIND, _ID)
    if kept is None:
        return None
    body = kept.body
    return PlanningSite(
        controllable=tuple(body["assets"]),
        power_unit=body["power_unit"],
        storage=body["storage"],
        # Sites that were kept before these were known have none.
        time_zone=body.get("time_zone", "UTC"),
        bounded={
            asset_id: Bounds(lowest=lowest, highest=highest)
            for asset_id, (lowest, highest) in body.get("bounds", {}).items()
        },
        uncontrolled=tuple(body.get("uncontrolled", ())),
    )
