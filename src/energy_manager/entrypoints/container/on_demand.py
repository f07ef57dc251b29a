"""Parts that only some sites need, or that are slow to load: each is imported when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from energy_manager.adapters.records.journals import Journals
from energy_manager.adapters.storage import Store
from energy_manager.application.appliances import ApplianceService
from energy_manager.application.appliances.site_prices import KeepHomesPriced
from energy_manager.application.clock import SiteClock
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.parts import (
    ApiParts,
    FleetSiteParts,
    LeastCostPlanningParts,
    SiteParts,
)
from energy_manager.entrypoints.fleet.fleet_access import refuse_without_client
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile

if TYPE_CHECKING:
    from energy_manager.application.forecasting.issue import IssueForecasts
    from energy_manager.application.forecasting.measured import MeasuredSite
    from energy_manager.application.forecasting.outlook import ForecastOutlook
    from energy_manager.application.forecasting.quality import ForecastQuality
    from energy_manager.application.least_cost.keep_prices import KeepPrices
    from energy_manager.application.peak_shaving.rolling_planner import RollingPlanner
    from energy_manager.application.rolling import RollingPlan
    from energy_manager.entrypoints.container.fleet.site import RunningSiteLink
    from energy_manager.entrypoints.container.home_assistant import RunningTalk
    from energy_manager.entrypoints.container.web.servers import ApiServers


def measured_site(site: SiteFile, store: Store) -> MeasuredSite:
    """What was measured of the site, as forecasts and planners take it."""
    from energy_manager.entrypoints.container.planning.forecasting import measured_site_of  # noqa: PLC0415 - with numpy

    return measured_site_of(site, store)


def site_outlook(site: SiteFile, store: Store, measured: MeasuredSite) -> ForecastOutlook:
    """What is expected of the hours ahead."""
    from energy_manager.application.forecasting.outlook import ForecastOutlook  # noqa: PLC0415 - with numpy

    return ForecastOutlook(forecasts=store.repository, measured=measured, zone=ZoneInfo(site.described.time_zone))


def forecast_quality(store: Store, measured: MeasuredSite) -> ForecastQuality:
    """How far off forecasts have been."""
    from energy_manager.application.forecasting.quality import ForecastQuality  # noqa: PLC0415 - with numpy

    return ForecastQuality(forecasts=store.repository, measured=measured)


def issue_forecasts(
    site: SiteFile,
    store: Store,
    measured: Callable[[], MeasuredSite],
    clock: SiteClock,
    journal: Journals,
    *,
    planning: RollingPlan | None,
) -> IssueForecasts | None:
    """Forecasts that the product issues itself; None where the site file asks for none."""
    if site.forecasts is None:
        return None
    from energy_manager.entrypoints.container.planning.forecasting import issue_forecasts_of  # noqa: PLC0415 - with numpy

    return issue_forecasts_of(site, store, measured(), clock, journal, planning=planning)


def storage_planning(parts: SiteParts) -> RollingPlanner | None:
    """Job 3 beside the loop; None where the site file does not ask for it."""
    if parts.site.planning.peak_shaving is None:
        return None
    from energy_manager.entrypoints.container.planning.storage_planning import storage_planning_of  # noqa: PLC0415 - slow to load

    return storage_planning_of(parts)


def home_assistant(parts: SiteParts) -> RunningTalk | None:
    """The talk with Home Assistant; None where the site file does not name its broker."""
    if parts.site.home_assistant is None:
        return None
    from energy_manager.entrypoints.container.home_assistant import talk_of  # noqa: PLC0415 - seldom needed

    return talk_of(parts)


def either_planner(storage: RollingPlan | None, site: RollingPlan | None) -> RollingPlan | None:
    """The one planner beside the loop; a site file has at most one of them."""
    return storage or site


def fleet_link(parts: FleetSiteParts) -> RunningSiteLink | None:
    """The link to the centre; None where the settings name none."""
    if not parts.settings.fleet.url:
        return None
    refuse_without_client()
    from energy_manager.entrypoints.container.fleet.site import fleet_link_of  # noqa: PLC0415 - seldom needed

    return fleet_link_of(parts)


def site_planning(parts: LeastCostPlanningParts) -> RollingPlan | None:
    """Job 6 beside the loop; None where the site file does not ask for it."""
    if parts.site.planning.least_cost is None:
        return None
    from energy_manager.entrypoints.container.planning.least_cost_planning import least_cost_planning_of  # noqa: PLC0415 - slow

    return least_cost_planning_of(parts)


def keep_prices(site: SiteFile, settings: Settings, clock: SiteClock) -> KeepPrices | None:
    """What a kWh costs and earns, asked for once for all who plan by it; None without a tariff."""
    if site.tariff is None:
        return None
    from energy_manager.entrypoints.container.planning.prices import kept, prices_of  # noqa: PLC0415 - seldom needed

    return kept(prices_of(site, settings), clock.trust)


def keep_homes_priced(
    site: SiteFile, prices: Callable[[], KeepPrices | None], live: ApplianceService, clock: SiteClock, journal: Journals
) -> KeepHomesPriced | None:
    """Homes that go by the site's prices; None without a tariff.

    Raises:
        Refused: the source of prices wants a token that is not set, and there are homes.
    """
    try:
        kept = prices()
    except Refused:
        # A source without its token stops those sites alone that say they need it.
        if site.households:
            raise
        return None
    return None if kept is None else KeepHomesPriced(live=live, rates=kept.rates, now=clock.now, journal=journal)


def api(parts: ApiParts) -> ApiServers:
    """The API, its page and its health listener."""
    from energy_manager.entrypoints.container.web.api import api_server  # noqa: PLC0415 - slow to load

    return api_server(parts)
