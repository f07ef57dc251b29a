"""The exact engine: a knapsack of what to leave out, solved by a list dynamic programme on its core."""

from energy_manager.domain.flexibility.exact.cheapest import select_cheapest as select_cheapest
