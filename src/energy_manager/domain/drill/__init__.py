"""The drill: what may go wrong at a site, when it does in a simulated day, and whether the site stood it."""

from energy_manager.domain.drill.day import DrillSite, Episode, day_of
from energy_manager.domain.drill.judging import Judged, KindResult, judge, results_by_kind
from energy_manager.domain.drill.kinds import KINDS, FaultKind, Port
from energy_manager.domain.drill.observation import Happening, Moment, Observation

__all__ = [
    "KINDS",
    "DrillSite",
    "Episode",
    "FaultKind",
    "Happening",
    "Judged",
    "KindResult",
    "Moment",
    "Observation",
    "Port",
    "day_of",
    "judge",
    "results_by_kind",
]
