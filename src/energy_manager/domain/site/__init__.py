"""A site, described once for every job: its assets, its grid connection, and what each asset is used for."""

from energy_manager.domain.site.asset import Asset, AssetKind, Assumed, Bounds, Safe
from energy_manager.domain.site.planning_site import PlanningSite
from energy_manager.domain.site.power_unit import STEPS_PER_KW, PowerUnit, watts_per_step
from energy_manager.domain.site.ratings import Ratings
from energy_manager.domain.site.roles import Role, Use
from energy_manager.domain.site.site import GridConnection, Site

__all__ = [
    "STEPS_PER_KW",
    "Asset",
    "AssetKind",
    "Assumed",
    "Bounds",
    "GridConnection",
    "PlanningSite",
    "PowerUnit",
    "Ratings",
    "Role",
    "Safe",
    "Site",
    "Use",
    "watts_per_step",
]
