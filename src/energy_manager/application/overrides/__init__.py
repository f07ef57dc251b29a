"""Targets that people set by hand: kept, in force, given back, ended on time."""

from energy_manager.application.overrides.book import OverrideBook
from energy_manager.application.overrides.kept import MOST_IN_FORCE, KeptOverride
from energy_manager.application.overrides.preview import Effect, effect_of, effect_of_schedule

__all__ = ["MOST_IN_FORCE", "Effect", "KeptOverride", "OverrideBook", "effect_of", "effect_of_schedule"]
