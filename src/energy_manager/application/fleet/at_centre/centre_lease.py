"""Of several centres one is active: it holds the book's lease, and stops by itself before others may take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.application.ports.schedules.durability import StoreUnavailable

LIVES_S = 12.0
RENEWED_EVERY_S = 3.0
SURE_S = LIVES_S - 2.0
"""The holder stops counting on it that much earlier."""

UNLINKED_S = 12.0
"""A holder that has had no link to the sites for so long gives the lease back: another centre may have one."""

GIVES_WAY_S = 6.0
"""So long it leaves it to the others, who look every ``RENEWED_EVERY_S``."""

TRIES_AGAIN_S = 60.0
"""Where nobody took it, the link is missing everywhere; it gives way again after this."""


@dataclass(slots=True, kw_only=True)
class CentreLease:
    """``look`` every ``RENEWED_EVERY_S`` in one thread, the questions from any.

    Args:
        holder: who this is, in words; no two are alike.
        elapsed_s: monotonic seconds, a machine's sleep included.
        is_linked: whether this centre reaches the sites.
    """

    holder: str
    book: FleetBook
    elapsed_s: Callable[[], float]
    is_linked: Callable[[], bool] = lambda: True
    _epoch: int = field(default=0, init=False)
    _sure_until_s: float = field(default=-1.0, init=False)
    _gives_way_at_s: float | None = field(default=None, init=False)
    _takes_again_at_s: float = field(default=-1.0, init=False)

    @property
    def epoch(self) -> int:
        """That of the lease that is held now; 0: none is."""
        return self._epoch if self.elapsed_s() < self._sure_until_s else 0

    def look(self) -> None:
        """Take the lease where it is free, renew it where it is held; give it back without a link to the sites.

        Raises:
            StoreUnavailable: the book cannot be reached; a lease that is held goes on until it runs out.
        """
        began_s = self.elapsed_s()
        if self._gives_way(began_s):
            return
        if self._epoch and not self.book.renew_lease(self.holder, self._epoch, lives_s=LIVES_S):
            self._epoch = 0
        if not self._epoch:
            self._epoch = self.book.take_lease(self.holder, lives_s=LIVES_S) or 0
        if self._epoch:
            self._sure_until_s = began_s + SURE_S

    def _gives_way(self, now_s: float) -> bool:
        """Whether the lease is left to another centre, which may have the link that this one has not."""
        if self._gives_way_at_s is None or self.is_linked():
            self._gives_way_at_s, self._takes_again_at_s = now_s + UNLINKED_S, now_s
        elif self._epoch and now_s >= self._gives_way_at_s:
            self._gives_way_at_s, self._takes_again_at_s = now_s + TRIES_AGAIN_S, now_s + GIVES_WAY_S
            self.give_back()
        return not self._epoch and now_s < self._takes_again_at_s

    def give_back(self) -> None:
        """The next centre need not wait; tried once."""
        epoch, self._epoch = self._epoch, 0
        self._sure_until_s = -1.0
        if epoch:
            try:
                self.book.give_back_lease(self.holder, epoch)
            except StoreUnavailable:
                return  # it runs out by itself
