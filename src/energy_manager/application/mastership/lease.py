"""The lease of a site, as a document of the store: who may command it, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from energy_manager.application.ports.processes import ProcessIdentity
from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import Document
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import EnergyManagerError

KIND = "lease"


class OtherSite(EnergyManagerError):
    """The store belongs to another site."""

    code = "other_site"

    def __init__(self, *, site: str, found: str) -> None:
        super().__init__(
            f"the store belongs to the site {found!r}, not to {site!r}: "
            f"give {site!r} a store of its own with ENERGY_MANAGER_STORE__URL"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who commands the site.

    Args:
        site: the site's name.
        epoch: grows whenever the lease passes to another process; never falls.
        beat: grows with each renewal: a lease whose beat stands still for its time to live has expired, whatever any
            clock shows.
        holder: None once it was given back.
        version: of the document; 0 = not kept yet.
    """

    site: str
    epoch: int = 0
    beat: int = 0
    holder: ProcessIdentity | None = None
    version: int = 0

    def taken_by(self, process: ProcessIdentity) -> Lease:
        """The lease in the hands of the process, in the next epoch."""
        return replace(self, epoch=self.epoch + 1, beat=0, holder=process)

    def renewed(self) -> Lease:
        """The lease with a sign of life of its holder."""
        return replace(self, beat=self.beat + 1)

    def given_back(self) -> Lease:
        """The lease without a holder."""
        return replace(self, holder=None)

    def is_held_by(self, process: ProcessIdentity) -> bool:
        """Whether it is in the hands of that very process."""
        return self.holder is not None and self.holder.id == process.id

    def keep(self, documents: DocumentRepository, *, timeout_s: float) -> Lease:
        """Keep it on top of the version that was read.

        Raises:
            StoreUnavailable: it could not be made durable in time.
            VersionConflict: somebody else has changed it since.
        """
        body: dict[str, Any] = {
            "epoch": self.epoch,
            "beat": self.beat,
            "holder": None if self.holder is None else body_of(self.holder),
        }
        kept = documents.put_document(KIND, self.site, body, expected=self.version, timeout_s=timeout_s)
        return replace(self, version=kept.version)


def leases_of(documents: DocumentRepository) -> tuple[Lease, ...]:
    """Every lease of the store.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    return tuple(_lease(document) for document in documents.documents(KIND))


def lease_of(documents: DocumentRepository, site: str) -> Lease:
    """The lease of a site; of epoch 0 if nobody ever held it.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    document = documents.document(KIND, site)
    return Lease(site=site) if document is None else _lease(document)


def is_given_back(documents: DocumentRepository) -> bool:
    """Whether whoever commanded the store's site has ended in good order, and nobody has come since.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    leases = leases_of(documents)
    return bool(leases) and all(lease.holder is None for lease in leases)


def refuse_other_site(leases: Iterable[Lease], site: str) -> None:
    """Make sure that the store is this site's.

    Raises:
        OtherSite: it was another's before.
    """
    for lease in leases:
        if lease.site != site:
            raise OtherSite(site=site, found=lease.site)


def _lease(document: Document) -> Lease:
    body = document.body
    return Lease(
        site=document.id,
        epoch=body["epoch"],
        beat=body["beat"],
        holder=None if body["holder"] is None else of_body(ProcessIdentity, body["holder"]),
        version=document.version,
    )
