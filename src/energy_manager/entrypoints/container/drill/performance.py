"""One episode, played on the wiring of the product."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random

from energy_manager.adapters.drill.devices import FaultyDriver, GridPoint, Plant, simulated
from energy_manager.adapters.drill.schedules import EpisodeSchedule
from energy_manager.adapters.drill.store import BEGAN, FaultyStore, WallClock
from energy_manager.adapters.drill.virtual_time import VirtualTime
from energy_manager.adapters.records.journals import Journals, NewestTick
from energy_manager.adapters.schedules import PrefetchedSchedule, StoredSchedules
from energy_manager.application.clock import SiteClock
from energy_manager.application.mastership import RENEWED_EVERY_S, Mastership
from energy_manager.application.ports.processes import ProcessIdentity
from energy_manager.application.ports.records.journal import DeviceChanged, Noticed, TicksSkipped
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.drill import DrillSite, Episode, Happening, Moment, Observation, Port
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, Source, TimeBlock
from energy_manager.entrypoints.container.drill.fault import ANOTHER, EpisodeFault, identity
from energy_manager.entrypoints.container.drill.watching import States, TimedJournal
from energy_manager.entrypoints.container.injection import providers
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile

LOOK_S = 0.1
"""How often the threads beside the loop look at schedule and devices: less often than really, for speed."""

CLOCK_LOOK_S = 0.5
STORE_LOOK_S = 0.4
CONTROL_LOOK_S = 2.0
SEEN_AFTER_S = 1.0
"""A moment is taken this long after each tick: what was told has arrived by then."""

ORDER = "drill"
"""The id of the schedule that the store holds in episodes of clocks and stores."""

FOLLOWED_WITHIN_S = 4.0
OBEYED_AGAIN_S = 20.0
"""A stored schedule is followed so soon after a start, and after the end of a fault."""


class Killed(BaseException):
    """The process ends at once, without a farewell."""


class Performance:
    """One episode on its stage."""

    def __init__(self, settings: Settings, site_file: SiteFile, site: DrillSite, episode: Episode) -> None:
        self._settings = settings
        self._site_file = site_file
        self._site = site
        self._episode = episode
        self._chance = Random(episode.seed)  # noqa: S311 - no secret: an episode is to come back with its seed
        self._time = VirtualTime(may_block=False)
        described = site_file.described
        self._plant = Plant(
            assets={asset.id: simulated(asset, watts_per_step=described.watts_per_step) for asset in described.assets},
            watts_per_step=described.watts_per_step,
            now_s=self._now_s,
            grid=self._grid_point(),
        )
        self._wall = WallClock(now_s=self._now_s, at_start=BEGAN + timedelta(hours=episode.hour))
        self._store = FaultyStore(self._block)
        self._schedule = EpisodeSchedule(
            episode.levels, level_at=episode.level_at, most=site.most, now_s=self._now_s, block=self._block
        )
        self._moments: list[Moment] = []
        self._happenings: list[Happening] = []
        self._losses: list[str] = []
        self._fault = EpisodeFault(
            episode=episode,
            site=site_file.site.name,
            plant=self._plant,
            store=self._store,
            schedule=self._schedule,
            wall=self._wall,
            chance=self._chance,
            block=self._block,
            losses=self._losses,
        )
        self._skipped = 0
        self._order = self._put_order()

    def _now_s(self) -> float:
        return self._time.now_s()

    def _block(self, for_s: float) -> None:
        self._time.block(for_s)

    def _grid_point(self) -> GridPoint | None:
        grid = self._site_file.described.grid_connection
        if grid is None:
            return None
        limit_w = 1000 * grid.import_limit_kw
        storage_w = self._site_file.described.asset(grid.storage).ratings.max_discharge_w or 0.0
        # The load alone crosses the limit, by what the storage can do something about.
        swing_w = 0.4 * storage_w
        return GridPoint(meter=grid.meter, mean_w=limit_w - 0.3 * swing_w, swing_w=swing_w, wave_s=40.0)

    def _put_order(self) -> int | None:
        """A stored schedule, in the episodes that could lose it: what it says of the first asset."""
        if self._episode.kind.port not in {Port.CLOCK, Port.STORE}:
            return None
        asset_id = self._site.told[0]
        power = round(0.5 * self._site.most.get(asset_id, 0))
        now = self._wall().at
        block = TimeBlock(start=now - timedelta(minutes=5), end=now + timedelta(minutes=30), targets={asset_id: power})
        self._store.repository.put(Schedule(id=ORDER, source=Source.FLEXIBILITY, blocks=(block,)))
        return power

    def play(self) -> Observation:
        episode = self._episode
        self._time.call_at(episode.begins_s, lambda: self._fault.begin(self._time))
        self._time.call_at(episode.ends_s, lambda: self._fault.end(self._time))
        is_killed = episode.kind.name == "killed"
        try:
            self._run_process(until_s=episode.over_s, killed_at_s=episode.begins_s if is_killed else math.inf)
            if is_killed:
                self._start_again()
                self._run_process(until_s=episode.over_s, killed_at_s=math.inf)
        finally:
            self._time.end()
        self._look_for_losses()
        return Observation(
            moments=tuple(self._moments),
            happenings=tuple(sorted(self._happenings, key=lambda happening: happening.at_s)),
            skipped=self._skipped,
            unsafe=tuple(self._plant.unsafe),
            losses=tuple(self._losses),
        )

    def _start_again(self) -> None:
        """Another process a few seconds later, on the same plant and the same store."""
        before = self._time
        before.end()
        self._time = VirtualTime(before.now_s() + 3.0, may_block=False)
        self._time.call_at(self._episode.ends_s, lambda: self._fault.end(self._time))

    def _run_process(self, *, until_s: float, killed_at_s: float) -> None:
        time, journal = self._time, TimedJournal(self._now_s)
        container = self._wired(time, journal)
        newest = container.newest_tick()
        mastership = container.mastership()
        mastership.take(takeover=True)
        loop = container.dispatch_loop()
        time.repeat(mastership.look, every_s=RENEWED_EVERY_S)
        time.repeat(container.control().look, every_s=CONTROL_LOOK_S)
        time.repeat(loop.watch_devices.look, every_s=LOOK_S)
        time.repeat(container.watch_clock().look, every_s=CLOCK_LOOK_S)
        states = States(container.read_site_state())
        began_s = time.now_s()
        phase_s = loop.timing.phase_s
        time.call_at(
            began_s + phase_s + SEEN_AFTER_S, lambda: self._see(newest, states, every_s=loop.timing.period_s, seen=-1)
        )
        if killed_at_s < math.inf:
            time.call_at(killed_at_s, _kill)
        with suppress(Killed):
            loop(for_s=until_s - began_s - phase_s)
        self._happenings.extend(self._said(journal))
        self._skipped += sum(
            event.count for _, event in journal.events if isinstance(event, TicksSkipped) and event.what == "ticks"
        )

    def _wired(self, time: VirtualTime, journal: TimedJournal) -> Container:
        container = Container(settings=self._settings, site=self._site_file)
        site_clock = SiteClock(read=self._wall)
        newest = NewestTick()
        base = PrefetchedSchedule(
            self._schedule,
            clock=time,
            submit=time.submit,
            start_watching=partial(time.repeat, every_s=LOOK_S),
        )
        stored = StoredSchedules(
            base,
            schedules=self._store.repository,
            site=self._site_file.described.planning_site,
            clock=site_clock,
            start_watching=partial(time.repeat, every_s=STORE_LOOK_S),
        )
        overrides: dict[str, object] = {
            "clock": time,
            "pool": time,
            "site_clock": site_clock,
            "store": self._store,
            "newest_tick": newest,
            "journal": Journals(journal, newest),
            "drivers": {entry.id: self._opens(entry.id) for entry in self._site_file.assets},
            "base_schedule": base,
            "schedule": stored,
        }
        for name, part in overrides.items():
            getattr(container, name).override(providers.Object(part))
        container.mastership.override(
            providers.Singleton(
                Mastership,
                site=self._site_file.site.name,
                documents=self._store.repository,
                processes=_OneProcess(),
                journal=container.journal(),
                elapsed_s=time.now_s,
                sleep_s=lambda for_s: time.sleep_until(time.now_s() + for_s),
            )
        )
        return container

    def _opens(self, asset_id: AssetId) -> Callable[[], FaultyDriver]:
        return lambda: FaultyDriver(self._plant, asset_id, self._fault.trouble_of)

    def _see(self, newest: NewestTick, states: States, *, every_s: float, seen: int) -> None:
        """Take a moment if there was a tick since the last one."""
        tick, now_s = newest(), self._now_s()
        self._plant.pass_time()
        number = seen if tick is None else tick.number
        if tick is not None and number != seen:
            self._moments.append(self._moment(tick, now_s))
            if tick.fault or tick.failure or tick.untold or tick.unreadable:
                sentence = tick.fault or tick.failure or f"not told: {tick.untold}, no number: {tick.unreadable}"
                self._happenings.append(Happening(at_s=now_s - SEEN_AFTER_S, sentence=sentence))
        self._happenings.extend(states.changes(now_s))
        self._time.call_at(now_s + every_s, lambda: self._see(newest, states, every_s=every_s, seen=number))

    def _moment(self, tick: Tick, now_s: float) -> Moment:
        step_w = self._plant.watts_per_step
        import_w = self._plant.import_w()
        return Moment(
            at_s=now_s - SEEN_AFTER_S,
            scheduled=tick.scheduled,
            targets=tick.targets,
            outputs={asset_id: asset.output_w / step_w for asset_id, asset in self._plant.assets.items()},
            capable={asset_id: asset.highest_w / step_w for asset_id, asset in self._plant.assets.items()},
            import_kw=None if import_w is None else import_w / 1000,
            can_help=self._can_help(import_w),
        )

    def _can_help(self, import_w: float | None) -> bool:
        """Whether the storage of the grid connection could still change the exchange for the better."""
        grid = self._site_file.described.grid_connection
        if grid is None or import_w is None:
            return False
        storage = self._plant.assets[grid.storage]
        if import_w > 1000 * grid.import_limit_kw:
            return storage.output_w < 0.98 * storage.highest_w
        return storage.output_w > 0.98 * storage.lowest_w

    def _said(self, journal: TimedJournal) -> Iterator[Happening]:
        for at_s, event in journal.events:
            match event:
                case DeviceChanged(is_good=False):
                    yield Happening(at_s=at_s, sentence=event.sentence, asset=event.asset_id)
                case Noticed(is_good=False):
                    yield Happening(at_s=at_s, sentence=event.sentence)
                case TicksSkipped():
                    yield Happening(at_s=at_s, sentence=f"{event.count} {event.what} skipped")

    def _look_for_losses(self) -> None:
        """What the store held is there, and what it said is followed again."""
        if self._order is None or self._episode.kind.name == "another master":
            return
        if self._store.repository.get(ORDER) is None:
            self._losses.append("a stored schedule is gone")
        asset_id = self._site.told[0]
        for moment in self._moments:
            is_settled = moment.at_s >= self._episode.ends_s + OBEYED_AGAIN_S
            is_before = moment.at_s < self._episode.begins_s
            is_known = self._episode.kind.port is Port.STORE and self._episode.kind.name != "killed"
            is_due = (is_settled or is_before or is_known) and moment.at_s >= FOLLOWED_WITHIN_S
            if is_due and moment.scheduled.get(asset_id) != self._order:
                self._losses.append(f"at {moment.at_s:.0f} s the stored schedule was not followed")
                return


def _kill() -> None:
    raise Killed


class _OneProcess:
    """The process of the drill; every other one is gone."""

    def this(self) -> ProcessIdentity:
        """This process."""
        return identity("drill")

    def is_alive(self, process: ProcessIdentity) -> bool | None:
        """Only another one that took over lives."""
        return process.id == ANOTHER.id
