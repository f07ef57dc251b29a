"""What happened and why: a decision explained from its record, and made again from it."""

from energy_manager.application.explanation.explain import Explain, Explanation, NothingRecorded
from energy_manager.application.explanation.series import TellSeries, ToldSeries, fitting_step_s
from energy_manager.application.explanation.wording import moment

__all__ = ["Explain", "Explanation", "NothingRecorded", "TellSeries", "ToldSeries", "fitting_step_s", "moment"]
