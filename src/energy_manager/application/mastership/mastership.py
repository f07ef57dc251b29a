"""Taking the lease, keeping it, and knowing at every tick whether it is still held.

The idea: the holder renews the lease every few seconds beside the loop; the tick only compares two numbers. It commands
as long as a renewal has been *concluded* recently: that it went well, or that the store cannot be reached (then nobody
takes the lease from it without a person, and control goes on). A process that was stopped for longer than the lease
lives finds no recent conclusion when it wakes, and commands nothing until it has looked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from energy_manager.application.mastership.lease import Lease, lease_of, leases_of, refuse_other_site
from energy_manager.application.ports.processes import Processes, ProcessIdentity
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import StoreUnavailable, VersionConflict
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import EnergyManagerError

RENEWED_EVERY_S = 3.0

LIVES_S = 15.0
"""A lease that nobody renews for so long has expired."""

SURE_S = LIVES_S - 2.0
"""The holder itself stops counting on it that much earlier."""

RENEWAL_S = 3.0
"""A renewal waits this long for the store."""

LOOK_S = 0.5
"""How often somebody else's lease is looked at for a sign of life."""


class AnotherMaster(EnergyManagerError):
    """Another process commands the site, or may still do."""

    code = "another_master"


@dataclass(slots=True, kw_only=True)
class Mastership:
    """``take`` at the start, ``look`` every ``RENEWED_EVERY_S`` in one thread; ``may_command`` from the ticker.

    Args:
        site: the site's name.
        elapsed_s: seconds that have passed, a machine's sleep included.
        sleep_s: waits.
    """

    site: str
    documents: DocumentRepository
    processes: Processes
    journal: Journal
    elapsed_s: Callable[[], float]
    sleep_s: Callable[[float], None]
    _lease: Lease | None = field(default=None, init=False)
    _sure_until_s: float = field(default=-1.0, init=False)
    _lost: str = field(default="", init=False)

    @property
    def epoch(self) -> int:
        """That of the lease that is held; 0: none could be taken yet."""
        return 0 if self._lease is None else self._lease.epoch

    @property
    def lost(self) -> str:
        """Why this process may not command any more, in a sentence; or empty."""
        return self._lost

    def may_command(self) -> bool:
        """Whether devices may be commanded at this moment; costs a microsecond."""
        return not self._lost and self.elapsed_s() < self._sure_until_s

    def take(self, *, takeover: bool) -> None:
        """Become the master; a store that cannot be reached is no hindrance, it is looked for later.

        Args:
            takeover: also from a holder of whom only its silence is known.

        Raises:
            AnotherMaster: the holder lives, or it is not sure that it does not.
            OtherSite: the store belongs to another site.
        """
        began_s = self.elapsed_s()
        with suppress(StoreUnavailable):  # told by the store
            self._take(takeover=takeover)
        self._sure_until_s = max(began_s, self.elapsed_s() - RENEWAL_S) + SURE_S

    def _take(self, *, takeover: bool) -> None:
        refuse_other_site(leases_of(self.documents), self.site)
        while True:
            lease = lease_of(self.documents, self.site)
            if lease.holder is not None:
                self._make_sure_it_is_dead(lease, lease.holder, takeover=takeover)
            try:
                self._lease = lease.taken_by(self.processes.this()).keep(self.documents, timeout_s=RENEWAL_S)
            except VersionConflict:
                continue
            return

    def _make_sure_it_is_dead(self, lease: Lease, holder: ProcessIdentity, *, takeover: bool) -> None:
        is_alive = self.processes.is_alive(holder)
        if is_alive is None and self._shows_life(lease):
            is_alive = True
        if is_alive:
            raise AnotherMaster(f"{holder.in_words} commands the site {self.site!r} already: stop it first")
        this = self.processes.this()
        # Of another container on this very machine nothing is known but its silence; that it was restarted is likely.
        is_from_here = (holder.host, holder.boot) == (this.host, this.boot)
        if is_alive is None and not takeover and not is_from_here:
            raise AnotherMaster(
                f"{holder.in_words} commanded the site {self.site!r} and has given no sign of life for {LIVES_S:g} s: "
                "make sure that it is stopped, then start with --takeover"
            )

    def _shows_life(self, lease: Lease) -> bool:
        """Whether the lease is renewed within its time to live, by this machine's time."""
        expires_s = self.elapsed_s() + LIVES_S
        while self.elapsed_s() < expires_s:
            self.sleep_s(LOOK_S)
            if lease_of(self.documents, self.site).version != lease.version:
                return True
        return False

    def look(self) -> None:
        """Renew the lease, or learn that it was taken."""
        if self._lost:
            return
        began_s = self.elapsed_s()
        try:
            self._renew()
        except StoreUnavailable:
            pass  # told by the store; nobody takes the lease meanwhile but with a person's word
        except EnergyManagerError as error:
            self._lose(str(error))
            return
        self._sure_until_s = began_s + SURE_S

    def _renew(self) -> None:
        if self._lease is None:
            self._take_as_found()
            return
        try:
            self._lease = self._lease.renewed().keep(self.documents, timeout_s=RENEWAL_S)
        except VersionConflict:
            self._find_out(self._lease)

    def _find_out(self, held: Lease) -> None:
        """The document is not as it was left: an answer was lost, the store was begun anew, or somebody took it."""
        refuse_other_site(leases_of(self.documents), self.site)
        found = lease_of(self.documents, self.site)
        if found.version == 0:
            anew = Lease(site=self.site, epoch=held.epoch).taken_by(self.processes.this())
            self._lease = anew.keep(self.documents, timeout_s=RENEWAL_S)
        elif found.is_held_by(self.processes.this()) and found.epoch == held.epoch:
            self._lease = found
        else:
            self._refuse(found)

    def _take_as_found(self) -> None:
        """The store is back after a start without it; whoever took the site meanwhile keeps it."""
        refuse_other_site(leases_of(self.documents), self.site)
        found = lease_of(self.documents, self.site)
        holder = found.holder
        is_mine = found.is_held_by(self.processes.this())
        if holder is not None and not is_mine and self.processes.is_alive(holder) is not False:
            self._refuse(found)
        self._lease = found.taken_by(self.processes.this()).keep(self.documents, timeout_s=RENEWAL_S)

    def _refuse(self, found: Lease) -> None:
        by = "another process" if found.holder is None else found.holder.in_words
        raise AnotherMaster(f"{by} commands the site {self.site!r} now, in epoch {found.epoch}")

    def _lose(self, why: str) -> None:
        self._lost = f"{why}: this process commands nothing any more"
        self.journal.record(Noticed(is_good=False, sentence=self._lost))

    def give_back(self, *, timeout_s: float) -> None:
        """At the end: the next start need not wait. Tried once."""
        lease, self._lease = self._lease, None
        if lease is None or self._lost:
            return
        with suppress(EnergyManagerError):  # else the next start finds this process gone
            lease.given_back().keep(self.documents, timeout_s=timeout_s)
