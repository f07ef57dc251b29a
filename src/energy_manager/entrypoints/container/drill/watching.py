"""What is said while an episode is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from energy_manager.application.dispatch.site_view import SiteView
from energy_manager.application.ports.records.journal import Event
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.drill import Happening
from energy_manager.domain.quantities import AssetId


class TimedJournal:
    """Keeps every event with the virtual time at which it was recorded."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.events: list[tuple[float, Event]] = []

    def record(self, event: Event) -> None:
        """Keep it."""
        self.events.append((self._now_s(), event))


class States:
    """The states of the assets, and which of them have just become bad."""

    def __init__(self, read: Callable[[], SiteView]) -> None:
        self._read = read
        self._bad: set[AssetId] = set()

    def changes(self, now_s: float) -> Iterator[Happening]:
        """Those that were well when they were last looked at."""
        for asset in self._read().assets:
            if asset.state is AssetState.OK:
                self._bad.discard(asset.id)
            elif asset.id not in self._bad:
                self._bad.add(asset.id)
                yield Happening(at_s=now_s, sentence=str(asset.state), asset=asset.id)
