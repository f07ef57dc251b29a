"""What the value of stored energy would have saved in a year that has passed, beside the rule and perfect foresight."""

from energy_manager.domain.least_cost.backtest.comparison import Comparison, Costs, compared
from energy_manager.domain.least_cost.backtest.past import Battery, Past
from energy_manager.domain.least_cost.backtest.policy import PolicyValues, values_of_day

__all__ = ["Battery", "Comparison", "Costs", "Past", "PolicyValues", "compared", "values_of_day"]
