"""A bus within one process: what is sent has arrived, unless a link is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from energy_manager.application.ports.fleet.fleet_bus import (
    Downlink,
    HeardByCentre,
    HeardBySite,
    LinkChanged,
    NobodyThere,
    OrdersWritten,
    Uplink,
)
from energy_manager.domain.fleet import Order


class InMemoryFleetBus:
    """The switchboard: ``centre()`` and ``site(name)`` are the ends; ``cut`` and ``mend`` their links."""

    def __init__(self) -> None:
        self._centres: list[InMemoryCentreBus] = []
        self._sites: dict[str, InMemorySiteBus] = {}

    def centre(self) -> InMemoryCentreBus:
        """A centre's end; there may be several."""
        self._centres.append(InMemoryCentreBus(self))
        return self._centres[-1]

    def site(self, name: str) -> InMemorySiteBus:
        """A site's end; a new one is in place of the former."""
        self._sites[name] = InMemorySiteBus(self, name)
        return self._sites[name]

    def to_centres(self, message: Uplink) -> None:
        """Carry a site's message to every centre that listens."""
        for centre in self._centres:
            centre.arrived(message)

    def to_site(self, message: Downlink) -> bool:
        """Carry a message to its site; whether somebody was there."""
        site = self._sites.get(message.site)
        return site is not None and site.arrived(message)


class _End:
    """One end of a link."""

    def __init__(self, bus: InMemoryFleetBus) -> None:
        self._bus = bus
        self._is_up = True
        self._hear: Callable[..., None] | None = None

    @property
    def is_there(self) -> bool:
        """Whether messages go to and fro."""
        return self._is_up and self._hear is not None

    def cut(self) -> None:
        """Take the link away."""
        self._change(is_up=False, why="the link was cut")

    def mend(self) -> None:
        """Give it back."""
        self._change(is_up=True, why="")

    def _change(self, *, is_up: bool, why: str) -> None:
        self._is_up = is_up
        if self._hear is not None:
            self._hear(LinkChanged(is_up=is_up, why=why))

    def close(self) -> None:
        """End."""
        self._hear = None


class InMemoryCentreBus(_End):
    """A centre's end."""

    def open(self, hear: Callable[[HeardByCentre], None]) -> None:
        self._hear = hear
        self._change(is_up=self._is_up, why="")

    def send(self, messages: Sequence[Downlink]) -> None:
        if not self.is_there:
            return
        reached = [self._bus.to_site(message) for message in messages]
        orders = tuple(message.id for message in messages if isinstance(message, Order))
        if orders:
            self.arrived(OrdersWritten(orders=orders))
        for message, has_arrived in zip(messages, reached, strict=True):
            if isinstance(message, Order) and not has_arrived:
                self.arrived(NobodyThere(site=message.site, order=message.id))

    def arrived(self, message: HeardByCentre) -> None:
        """Hear what came over the bus."""
        if self._is_up and self._hear is not None:
            self._hear(message)


class InMemorySiteBus(_End):
    """A site's end."""

    def __init__(self, bus: InMemoryFleetBus, site: str) -> None:
        super().__init__(bus)
        self.site = site

    def open(self, hear: Callable[[HeardBySite], None]) -> None:
        self._hear = hear
        self._change(is_up=self._is_up, why="")

    def send(self, message: Uplink) -> None:
        if self.is_there:
            self._bus.to_centres(message)

    def arrived(self, message: Downlink) -> bool:
        """Hear what came over the bus; whether that could be."""
        if self._is_up and self._hear is not None:
            self._hear(message)
            return True
        return False
