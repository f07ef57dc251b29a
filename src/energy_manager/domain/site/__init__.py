"""A site, described once for every job: its assets, its grid connection, and what each asset is used for."""

from energy_manager.domain.site.asset import (
    Asset as Asset,
    AssetKind as AssetKind,
    Assumed as Assumed,
    Bounds as Bounds,
    Safe as Safe,
)
from energy_manager.domain.site.planning_site import (
    STEPS_PER_KW as STEPS_PER_KW,
    PlanningSite as PlanningSite,
    PowerUnit as PowerUnit,
)
from energy_manager.domain.site.ratings import Ratings as Ratings
from energy_manager.domain.site.roles import Role as Role, Use as Use
from energy_manager.domain.site.site import GridConnection as GridConnection, Site as Site
