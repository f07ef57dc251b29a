"""The centre's book of record: sites, offers, activations, orders, reports, and who is the active centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from energy_manager.application.ports.fleet.fleet_bus import Report, Reports
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.fleet import Delivered, FleetActivation, OrderRecord, RegisteredOffer


class Fenced(EnergyManagerError):
    """Another centre is the active one by now; nothing was written."""

    code: ClassVar[str] = "fenced"

    def __init__(self, *, epoch: int, found: int) -> None:
        super().__init__(f"another centre is active: its epoch is {found}, this one's was {epoch}")
        self.epoch, self.found = epoch, found


class CentreWaits(EnergyManagerError):
    """This centre is not the active one."""

    code = "centre_waits"

    def __init__(self, active: str) -> None:
        who = f"{active} is the active one" if active else "none is active now"
        super().__init__(f"this centre waits: {who}")
        self.active = active


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledSite:
    """A site that may connect with ``public_key``; ``revoked_at`` None: it still may."""

    site: str
    public_key: str
    enrolled_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseState:
    """Who is the active centre: ``holder`` is empty where nobody is; ``epoch`` 0: nobody ever was."""

    epoch: int
    holder: str


class FleetBook(Protocol):
    """Durable when a call returns; each call wholly or not at all. From any thread, and several centres at once.

    Raises:
        StoreUnavailable: every method, where the book cannot be read or written in time.
    """

    def take_lease(self, holder: str, *, lives_s: float) -> int | None:
        """Become the active centre where nobody is, in the next epoch; None: another one is.

        Epochs only ever grow. The lease's end is measured by the book's own clock.
        """
        ...

    def renew_lease(self, holder: str, epoch: int, *, lives_s: float) -> bool:
        """Stay the active centre for so long from now on; False: another one has become it, or the lease ran out."""
        ...

    def give_back_lease(self, holder: str, epoch: int) -> None:
        """The next one need not wait."""
        ...

    def lease(self) -> LeaseState:
        """Who is active now."""
        ...

    def keep(
        self, epoch: int, *, activations: Sequence[FleetActivation] = (), records: Sequence[OrderRecord] = ()
    ) -> None:
        """Keep activations and orders as they are now, all as one.

        Raises:
            Fenced: this epoch is not the active one.
        """
        ...

    def activations(self, *, unfinished_at: datetime | None = None) -> tuple[FleetActivation, ...]:
        """All activations, or those that are not over at an instant or have live orders, oldest first."""
        ...

    def records(self, activation: str) -> tuple[OrderRecord, ...]:
        """The orders of an activation, in the order in which they were placed."""
        ...

    def keep_reports(self, reports: Sequence[Reports], delivered: Sequence[Delivered]) -> None:
        """Keep sites' reports and what they say was delivered; what is known by site, store and sequence stays."""
        ...

    def reports(self, site: str, stream: str, *, limit: int = 100) -> tuple[Report, ...]:
        """The newest reports of a stream of a site, newest first."""
        ...

    def delivered(self, activation: str) -> tuple[Delivered, ...]:
        """What was reported of an activation's orders."""
        ...

    def put_offers(self, offers: Sequence[RegisteredOffer]) -> None:
        """Register what sites offer, each in place of what it did in that direction; all as one."""
        ...

    def offers(self) -> tuple[RegisteredOffer, ...]:
        """Every registered offer, by site."""
        ...

    def put_connection(self, site: str, kw: int) -> None:
        """Register the power of a site's grid connection, in place of what it was."""
        ...

    def connections(self) -> Mapping[str, int]:
        """The registered ones, kW, by site."""
        ...

    def enrol(self, site: EnrolledSite) -> None:
        """Let a site connect, with this key alone."""
        ...

    def revoke(self, site: str, *, at: datetime) -> bool:
        """Let a site connect no more; whether it could."""
        ...

    def sites(self) -> tuple[EnrolledSite, ...]:
        """Every site that was ever enrolled, by name."""
        ...
