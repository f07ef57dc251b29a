"""The fault of an episode: how it comes, and how it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random

from energy_manager.adapters.drill.devices import NO_TROUBLE, Plant, Trouble
from energy_manager.adapters.drill.schedules import EpisodeSchedule
from energy_manager.adapters.drill.store import OFF_BY, FaultyStore, WallClock
from energy_manager.adapters.drill.troubles import Calls, change_device, device_trouble, flapping, link_trouble
from energy_manager.adapters.drill.virtual_time import VirtualTime
from energy_manager.application.mastership.lease import lease_of
from energy_manager.application.ports.processes import ProcessIdentity
from energy_manager.domain.drill import Episode, Port
from energy_manager.domain.quantities import AssetId

KNOWS_S = 15.0
"""How long a process takes at most to see that it has lost the lease."""

TWITCH_EVERY_S = 6
LATEST_WAKING_S = 1.5


def identity(name: str) -> ProcessIdentity:
    """A process of the drill."""
    return ProcessIdentity(id=name, host=name, machine=name, boot="1", namespace="1", pid=1, started="1")


ANOTHER = identity("another")
"""The process that takes the lease."""


@dataclass(slots=True, kw_only=True)
class EpisodeFault:
    """Hits what its kind hits, and lets go of it; ``losses`` is told what must not happen meanwhile."""

    episode: Episode
    site: str
    plant: Plant
    store: FaultyStore
    schedule: EpisodeSchedule
    wall: WallClock
    chance: Random
    block: Callable[[float], None]
    losses: list[str]
    _troubles: dict[AssetId, Trouble] = field(default_factory=dict, init=False)

    def trouble_of(self, asset_id: AssetId) -> Trouble:
        """What stands between the product and this device now."""
        return self._troubles.get(asset_id, NO_TROUBLE)

    def begin(self, time: VirtualTime) -> None:
        """The fault comes; until it is over calls may block, where that is what it does."""
        kind, hit = self.episode.kind, self.episode.hit
        time.may_block = kind.blocks
        match kind.port:
            case Port.DEVICE:
                self._hit_device(hit[0], kind.name)
            case Port.LINK | Port.NETWORK:
                self._troubles = {
                    asset_id: link_trouble(
                        kind.name, asset_id, hit=hit, plant=self.plant, block=self.block, chance=self.chance
                    )
                    for asset_id in hit
                }
            case Port.SCHEDULE:
                self.schedule.fault = kind.name
            case Port.CLOCK:
                self._hit_clock(kind.name, time)
            case Port.STORE:
                self.store.repository.fault = kind.name
                if kind.name == "another master":
                    lease_of(self.store.repository, self.site).taken_by(ANOTHER).keep(
                        self.store.repository, timeout_s=1.0
                    )
                    time.call_at(time.now_s() + KNOWS_S, self._forbid_writes)

    def end(self, time: VirtualTime) -> None:
        """The fault is over; but who has lost the lease has lost it."""
        self.schedule.fault = ""
        self.store.repository.fault = ""
        self.wall.off = timedelta(0)
        time.late_by_s = None
        if self.episode.kind.port is Port.DEVICE:
            self.plant.assets[self.episode.hit[0]].mend()
        if self.episode.kind.name != "another master":
            self._troubles = {}
            time.may_block = False
            time.wake_all()

    def _hit_device(self, asset_id: AssetId, name: str) -> None:
        asset = self.plant.assets[asset_id]
        if change_device(name, asset):
            return
        if name == "potential flaps":
            self._troubles[asset_id] = flapping(asset, self.chance)
        else:
            trouble = device_trouble(name, self.block)
            assert trouble is not None, name
            self._troubles[asset_id] = trouble

    def _hit_clock(self, name: str, time: VirtualTime) -> None:
        if name in OFF_BY:
            self.wall.off = OFF_BY[name]
        elif name == "machine suspended":
            time.stand_still(self.episode.kind.stands_still_s)
        elif name == "late wakings":
            time.late_by_s = lambda: LATEST_WAKING_S * self.chance.random()
        elif name == "twitches":
            for number in range(int(self.episode.kind.lasts_s / TWITCH_EVERY_S)):
                at_s = self.episode.begins_s + TWITCH_EVERY_S * number
                off = timedelta(minutes=self.chance.choice([-90, -10, 10, 90]))
                time.call_at(at_s, partial(setattr, self.wall, "off", off))
                time.call_at(at_s + 1.0, partial(setattr, self.wall, "off", timedelta(0)))

    def _forbid_writes(self) -> None:
        """From now on whatever is told to a device comes from a process that is not the master."""
        sentence = "a process that had lost the lease told a device something"
        forbidden = Calls(on_write=lambda: self.losses.append(sentence))
        self._troubles = dict.fromkeys(self.plant.assets, forbidden)
