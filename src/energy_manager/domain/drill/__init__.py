"""The drill: what may go wrong at a site, when it does in a simulated day, and whether the site stood it."""

from energy_manager.domain.drill.day import DrillSite as DrillSite, Episode as Episode, day_of as day_of
from energy_manager.domain.drill.judging import (
    Judged as Judged,
    KindResult as KindResult,
    judge as judge,
    results_by_kind as results_by_kind,
)
from energy_manager.domain.drill.kinds import KINDS as KINDS, FaultKind as FaultKind, Port as Port
from energy_manager.domain.drill.observation import Happening as Happening, Moment as Moment, Observation as Observation
