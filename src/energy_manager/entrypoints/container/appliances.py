"""Settings and site file as what the live half of job 2 works with; container and command line share it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial

from energy_manager.adapters.load_meters import DeviceMeters, NoMeters
from energy_manager.adapters.neighbours import NoNeighbours
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import MachineClock, MonotonicClock, wall_clock
from energy_manager.application.appliances import ApplianceService, SwitchableAssets
from energy_manager.application.appliances.desired_state import SiteHome
from energy_manager.application.appliances.kept_building import KeptBuilding
from energy_manager.application.appliances.monitor import SimulatedDemand
from energy_manager.application.clock import trust_of_store
from energy_manager.application.mastership import is_given_back
from energy_manager.application.ports.devices.load_meter import LoadMeter
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.neighbours import Neighbours
from energy_manager.application.ports.records.journal import Journal
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.appliances import Policy
from energy_manager.domain.appliances.units import exact_number
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.settings import AppliancesSettings, DispatchSettings
from energy_manager.entrypoints.site_file import AssetEntry, HouseholdEntry, SiteFile


def live_appliances(
    settings: AppliancesSettings,
    state: StateRepository,
    journal: Journal,
    *,
    site: SwitchableAssets | None,
    trust: Callable[[], ClockTrust],
    now: Callable[[], datetime] = wall_clock,
    meter: LoadMeter | None = None,
    has_left: Callable[[], bool] = lambda: False,
) -> ApplianceService:
    """The live half on a store; ``site`` None: it switches nothing.

    Raises:
        Refused: a neighbour's URL is none.
    """
    limit_w = settings.building_limit_w
    kept = KeptBuilding(
        store=state,
        now=now,
        site=site,
        policy=Policy(building_limit_w=exact_number(limit_w) if limit_w else None),
        journal=journal,
        has_left=has_left,
        trust=trust,
    )
    return ApplianceService(
        kept=kept, one_at_a_time=threading.Lock(), meter=meter or NoMeters(), neighbours=_neighbours(settings)
    )


def appliances_beside(settings: AppliancesSettings, repository: StateRepository) -> ApplianceService:
    """For a command beside a running loop: it switches nothing itself and keeps no record."""
    trust = partial(trust_of_store, repository, MachineClock()())
    return live_appliances(
        settings,
        repository,
        InMemoryJournal(),
        site=None,
        trust=trust,
        has_left=partial(is_given_back, repository),
    )


def switched(site: SiteFile) -> SwitchableAssets:
    """What the loop can switch."""
    return SwitchableAssets(
        assets=frozenset(site.described.controllable),
        watts_per_step=site.described.watts_per_step,
        has_tariff=site.tariff is not None,
    )


def resting(live: ApplianceService, site: SiteFile) -> Callable[[], AbstractSet[AssetId]]:
    """The appliances, by whoever named them, for which the site file does not say what holds between their runs."""
    unsaid = frozenset(entry.id for entry in site.assets if entry.unscheduled is None)
    return lambda: live.appliance_assets & unsaid


def meters(
    site: SiteFile, statuses: StatusRepository, *, clock: MonotonicClock, dispatch: DispatchSettings
) -> LoadMeter:
    """The homes' own meters."""
    assets = {home.id: home.meter for home in site.households if home.meter is not None}
    return DeviceMeters(statuses, meters=assets, clock=clock, max_age_s=dispatch.status_max_age_s)


def site_homes(site: SiteFile) -> tuple[SiteHome, ...]:
    """The households of the site file and their simulated appliances."""
    return tuple(
        SiteHome(
            household=home.id,
            document=_household_document(home, site.site.time_zone),
            appliances={entry.name: _appliance_document(entry) for entry in site.appliances_of(home.id)},
        )
        for home in site.households
    )


def habits(site: SiteFile) -> tuple[SimulatedDemand, ...]:
    """What simulated residents ask for."""
    return tuple(
        SimulatedDemand(
            household=entry.household, appliance=entry.name, every_s=entry.asked_every_s, first_s=entry.asked_after_s
        )
        for entry in site.assets
        if entry.household is not None and entry.asked_every_s is not None
    )


def _household_document(home: HouseholdEntry, time_zone: str) -> dict[str, object]:
    """A household that says no time zone has the site's."""
    unsaid = {"strategy"} if home.strategy is None else set()
    document = home.model_dump(exclude={"id", "meter", *unsaid})
    return document if "time_zone" in home.model_fields_set else {**document, "time_zone": time_zone}


def _appliance_document(entry: AssetEntry) -> dict[str, object]:
    profile = entry.profile_w
    if profile is None:
        drawn: dict[str, object] = {"power_w": entry.ratings.rated_w, "duration_min": entry.duration_min}
    else:
        drawn = {"profile_w": profile.model_dump()}
    return {
        **drawn,
        "max_delay_min": entry.max_delay_min,
        "interruptible": entry.interruptible,
        "priority": entry.priority,
        "asset": entry.id,
    }


def _neighbours(settings: AppliancesSettings) -> Neighbours:
    urls = [url.strip() for url in settings.neighbours.split(",") if url.strip()]
    faults = [
        Fault(field="ENERGY_MANAGER_APPLIANCES__NEIGHBOURS", message=f"{url!r} is no http:// or https:// address")
        for url in urls
        if not url.startswith(("http://", "https://"))
    ]
    if faults:
        raise Refused(faults)
    if not urls:
        return NoNeighbours()
    from energy_manager.adapters.neighbours.over_http import HttpNeighbours  # noqa: PLC0415 - a third of a second

    return HttpNeighbours(
        urls, timeout_s=settings.neighbours_timeout_s, token=settings.neighbours_token.get_secret_value()
    )
