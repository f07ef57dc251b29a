"""What is believed of a site: no more than its grid connection carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.application.ports.fleet.fleet_bus import SiteState
from energy_manager.domain.fleet import Room

READ_AGAIN_S = 30.0
"""Connections are also registered by other processes."""

UNREGISTERED_KW = 100_000
"""More than the connection of nearly every consumer below the transmission grid."""


class Believed(NamedTuple):
    """A state as far as it is believed, and in words what is not; empty: nothing."""

    state: SiteState
    doubt: str = ""


def whole(state: SiteState) -> Believed:
    """Whatever it says."""
    return Believed(state)


@dataclass(slots=True, kw_only=True)
class GridConnections:
    """``believed`` from the bus's thread, ``read_if_old`` from the centre's.

    Args:
        elapsed_s: monotonic seconds.
        unregistered_kw: of a site without a registered connection nothing beyond this is believed.
    """

    book: FleetBook
    elapsed_s: Callable[[], float]
    unregistered_kw: int = UNREGISTERED_KW
    _kw: Mapping[str, int] = field(default_factory=dict, init=False)
    _read_at_s: float | None = field(default=None, init=False)

    def read(self) -> None:
        """Take them from the book; raises ``StoreUnavailable``."""
        self._kw = self.book.connections()
        self._read_at_s = self.elapsed_s()

    def read_if_old(self) -> None:
        """The same, unless that was done lately."""
        if self._read_at_s is None or self.elapsed_s() - self._read_at_s > READ_AGAIN_S:
            self.read()

    def most_kw(self, site: str) -> int:
        """What the site can deliver or take at most."""
        return self._kw.get(site, self.unregistered_kw)

    def believed(self, state: SiteState) -> Believed:
        """The state without what cannot be: room ends at a registered connection, all else beyond it is unknown."""
        room, most_kw = state.room, self.most_kw(state.site)
        if (
            room.up_kw <= most_kw
            and room.down_kw <= most_kw
            and abs(state.deliver_kw or 0.0) <= most_kw
            and abs(state.import_kw or 0.0) <= most_kw
        ):
            return Believed(state)
        is_registered = state.site in self._kw
        whose = "of its grid connection" if is_registered else "that are believed of a site without a registered one"
        doubt = f"not believed: it says that it {', '.join(_excess(state, most_kw))}, beyond the {most_kw:g} kW {whose}"
        rest_kw = most_kw if is_registered else 0
        up_kw, down_kw = (kw if kw <= most_kw else rest_kw for kw in (room.up_kw, room.down_kw))
        plausible = state._replace(
            room=Room(
                up_kw=up_kw,
                down_kw=down_kw,
                up_eur_per_mwh=room.up_eur_per_mwh,
                down_eur_per_mwh=room.down_eur_per_mwh,
            ),
            deliver_kw=_within(state.deliver_kw, most_kw),
            import_kw=_within(state.import_kw, most_kw),
        )
        return Believed(plausible, doubt)


def _within(power_kw: float | None, most_kw: int) -> float | None:
    return power_kw if power_kw is None or abs(power_kw) <= most_kw else None


def _excess(state: SiteState, most_kw: int) -> Iterator[str]:
    said = (
        ("can deliver", state.room.up_kw),
        ("can take", state.room.down_kw),
        ("delivers", state.deliver_kw),
        ("imports", state.import_kw),
    )
    for does, power_kw in said:
        if power_kw is not None and abs(power_kw) > most_kw:
            yield f"{does} {power_kw:,.0f} kW"
