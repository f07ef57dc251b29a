"""The state of the live half of job 2 as one value: the timetable, and what is registered and noted around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from energy_manager.domain.appliances import Alert, Appliance, Decision, Household, Profile, Run, Timetable
from energy_manager.domain.appliances.ledger.charging import with_daily_recharge
from energy_manager.domain.appliances.restore import forgotten
from energy_manager.domain.appliances.run import Status
from energy_manager.domain.appliances.run_request import RunRequest
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule
from energy_manager.domain.series import microseconds, time_of

KEPT_DAYS = 7
"""Runs that were over for so long are forgotten."""

KEPT_ALERTS = 50
"""The newest ones."""


class Unknown(EnergyManagerError):
    """There is no household, appliance or run of that name."""

    code = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledAppliance:
    """An appliance of a household, and the device behind it.

    Args:
        appliance: its name, the catalogue's profiles it may run, and its max delay unless a request says otherwise.
        own: a profile of its own, or None.
        asset: the site's asset that it is; with None, or where the site has no such asset, runs are planned and not
            switched.
    """

    appliance: Appliance
    own: Profile | None
    asset: AssetId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchableAssets:
    """Which assets can be switched, how many watts a power step of theirs has, and whether a tariff is known."""

    assets: frozenset[AssetId] = frozenset()
    watts_per_step: int = 1
    has_tariff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """All households that one writer decides for.

    Args:
        table: their ledgers and runs; instants are microseconds since 1970, UTC.
        installed: the appliances by household and name.
        rejections: why runs were rejected, by run id.
        recharged_on: the local day whose battery recharge was last asked for, by household.
        alerts: what could not be kept, newest last.
        next_number: the next run's id.
        up_us: the last instant at which a process that switches was known to be up; None: there never was one.
        unattended_us: since when commands were carried out while nobody switched; None: the last change was attended.
        site: what that process can switch.
        batteries: what the store has for the loop to tell batteries, by household.
        gated: the start that the switch-on gate has last passed or held back, by run id; not kept in the store.
    """

    table: Timetable
    installed: Mapping[tuple[str, str], InstalledAppliance] = field(default_factory=dict)
    rejections: Mapping[str, Decision] = field(default_factory=dict)
    recharged_on: Mapping[str, date] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    next_number: int = 1
    up_us: int | None = None
    unattended_us: int | None = None
    site: SwitchableAssets = field(default_factory=SwitchableAssets)
    batteries: Mapping[str, Schedule] = field(default_factory=dict)
    gated: Mapping[str, int] = field(default_factory=dict)

    @property
    def now_us(self) -> int:
        """The instant at which everything here holds."""
        return self.table.now_us

    def household(self, household_id: str) -> Household:
        """The household of that id.

        Raises:
            Unknown: there is none.
        """
        home = self.table.homes.get(household_id)
        if home is None:
            raise Unknown(f"there is no household {household_id!r}")
        return home.household

    @property
    def appliance_assets(self) -> frozenset[AssetId]:
        """The assets that are appliances."""
        return frozenset(entry.asset for entry in self.installed.values() if entry.asset is not None)

    def owners_of(self, asset: AssetId) -> Iterator[tuple[str, str | None]]:
        """What is that asset: its household and the appliance's name, or None for the battery."""
        for (household_id, name), entry in self.installed.items():
            if entry.asset == asset:
                yield household_id, name
        for household_id, home in self.table.homes.items():
            battery = home.household.battery
            if battery is not None and battery.asset == asset:
                yield household_id, None

    def run(self, run_id: str) -> Run:
        """The run of that id, decided already.

        Raises:
            Unknown: there is none.
        """
        run = self.table.runs.get(run_id)
        if run is None:
            raise Unknown(f"there is no run {run_id!r}")
        return run

    def asked(self, run_id: str) -> RunRequest:
        """What was asked for, decided already or waiting behind its busy appliance.

        Raises:
            Unknown: there is no run of that id.
        """
        waiting = (request for request in self.table.queue if request.run_id == run_id)
        return next(waiting, None) or self.run(run_id).request

    def status(self, run_id: str) -> Status:
        """What the run is now; one that waits behind its busy appliance is pending."""
        run = self.table.runs.get(run_id)
        return "pending" if run is None else run.status(self.now_us)

    def with_table(
        self, table: Timetable, decisions: Iterable[Decision] = (), alerts: Iterable[Alert] = ()
    ) -> Building:
        """The building with another timetable, and what came with it noted."""
        refused = {decision.run_id: decision for decision in decisions if decision.outcome == "rejected"}
        noted = (*self.alerts, *alerts)[-KEPT_ALERTS:]
        return replace(self, table=table, rejections={**self.rejections, **refused}, alerts=noted)

    def advanced_to(self, now_us: int) -> Building:
        """The building at ``now_us``, or where it is if the clock was set back: the queue decided, batteries minded."""
        table, decisions = self.table.advance(max(now_us, self.now_us))
        return _recharged_daily(self.with_table(table, decisions))

    def resumed_after_outage(self, *, up_us: int) -> Building:
        """The building at ``up_us`` after nobody has switched anything since its present."""
        table, alerts = self.table.restart(down_us=self.now_us, up_us=max(up_us, self.now_us))
        return _recharged_daily(self.with_table(table, alerts=alerts))

    def moved_with_the_clock(self, by_us: int) -> Building:
        """The building at the same moment, which the clock now calls ``by_us`` later (negative: earlier)."""
        table, alerts = self.table.moved_with_the_clock(by_us)
        moved = replace(
            self.with_table(table, alerts=alerts),
            up_us=None if self.up_us is None else self.up_us + by_us,
            unattended_us=None if self.unattended_us is None else self.unattended_us + by_us,
            gated={run_id: start_us + by_us for run_id, start_us in self.gated.items()},
        )
        return _recharged_daily(moved)

    def pruned(self) -> Building:
        """The building without runs that were over long ago."""
        table = forgotten(self.table, before_us=self.now_us - KEPT_DAYS * US_PER_DAY)
        rejections = {run_id: decision for run_id, decision in self.rejections.items() if run_id in table.runs}
        gated = {run_id: start_us for run_id, start_us in self.gated.items() if run_id in table.runs}
        return replace(self, table=table, rejections=rejections, gated=gated)


def _recharged_daily(building: Building) -> Building:
    """On a household's new local day its battery is to be full by midnight; once, however many days were missed."""
    table, marks = building.table, dict(building.recharged_on)
    for name, home in table.homes.items():
        if home.household.battery is None:
            continue
        zone = ZoneInfo(home.household.time_zone)
        today = instant(table.now_us).astimezone(zone).date()
        if marks.get(name) != today:
            marks[name] = today
            table = table.with_home(with_daily_recharge(home, until_us=midnight_us(today + timedelta(days=1), zone)))
    return building if marks == building.recharged_on else replace(building, table=table, recharged_on=marks)


def midnight_us(day: date, zone: ZoneInfo) -> int:
    """When a local day begins, on whichever side of a change of the clocks."""
    return microseconds(datetime.combine(day, time(), zone))


def instant(at_us: int) -> datetime:
    """The instant as an aware UTC time; what lies beyond the calendar is its end."""
    return datetime.max.replace(tzinfo=UTC) if at_us >= FOREVER_US else time_of(at_us)
