"""What energy in a storage is worth, as a function of time and stored energy: what the loop carries out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.least_cost.engine.exchange import Floats, array, exchange_of
from energy_manager.domain.least_cost.engine.single import foresightless_values, root_values
from energy_manager.domain.least_cost.engine.terms import storage_terms
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.value.bands import Thresholds
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.storage_value.resting_band import Band
from energy_manager.domain.storage_value.value_function import Slope, Value, mean_value

MONEY = 2
"""The component of a slope that is money; see ``step_costs``."""


class ValueOfEnergy:
    """EUR/kWh of the energy in one storage after each step, the plain mean over the courses it was made for.

    A question costs a few microseconds; the first one of a step with several courses makes their mean first.
    """

    def __init__(self, courses: Sequence[Sequence[Value]], thresholds: Thresholds) -> None:
        self._courses = courses
        self._thresholds = thresholds
        self._means: dict[int, Value] = {}

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self._courses[0])

    def at(self, step: int, stored_kwh: float) -> float:
        """What the next kWh is worth at the end of ``step``; of a full storage what the last one is worth."""
        after, last = self.after(step).around(stored_kwh)
        return money_of(after, last)

    def band(self, step: int, stored_kwh: float) -> Band:
        """The band of grid exchange in which the storage rests during ``step``, holding ``stored_kwh``."""
        return self._thresholds.band(step, *self.after(step).around(stored_kwh))

    def after(self, step: int) -> Value:
        """The value function after ``step``: the mean of the courses."""
        if not 0 <= step < self.steps:
            raise Refused(
                [Fault(field="step", message=f"must be a step of the plan, 0 to {self.steps - 1}, not {step}")]
            )
        if len(self._courses) == 1:
            return self._courses[0][step]
        mean = self._means.get(step)
        if mean is None:
            mean = self._means[step] = mean_value([course[step] for course in self._courses])
        return mean


def money_of(after: Slope | None, last: Slope | None) -> float:
    """The money in the value of the next kWh, else in that of the last one."""
    slope = last if after is None else after
    return 0.0 if slope is None else slope[MONEY]


def value_of_energy(
    site: Site,
    *,
    storage: AssetId | None = None,
    others_kw: Sequence[float] | None = None,
    foresees: bool = True,
) -> ValueOfEnergy:
    """The value of the energy in a storage of the site, over its scenarios or, without any, its forecast.

    ``others_kw`` is what the other storages and the runs take (kW a step); ``storage`` may be left out where there is
    one only. Over several scenarios it is the plain mean of what energy is worth in each of them, as if each knew how
    it goes on; where the loop is to be led, which does not know, ``foresees`` is false: before each step stands the
    mean over what it may bring.

    Raises:
        Refused: where there is no such storage, or several and none was named.
    """
    names = [own.id for own in site.storages]
    if storage is None and len(names) != 1:
        words = "must be named where the site has several, or none"
        raise Refused([Fault(field="storage", message=f"{words}: {', '.join(names) or 'there is none'}")])
    if storage is not None and storage not in names:
        raise Refused([Fault(field="storage", message=f"there is no {storage}, only {', '.join(names) or 'none'}")])
    own = site.storages[0 if storage is None else names.index(storage)]
    others = np.zeros(site.steps) if others_kw is None else np.asarray(others_kw, dtype=float)
    exchange = exchange_of(site)
    terms = storage_terms(own, exchange.hours, end_value=end_value(site, own))
    base = np.asarray(site.load_kw) - array(site.production_kw, site.steps) + others
    ways = [(exchange_of(site, production), load - production + others) for load, production in courses_of(site)]
    if foresees or len(ways) == 1:
        courses = [root_values(terms, own, base_of) for own, base_of in ways]
    else:
        courses = [foresightless_values(terms, ways)]
    return ValueOfEnergy(courses, Thresholds.of(terms, exchange, base))


def courses_of(site: Site) -> list[tuple[Floats, Floats]]:
    """Load and production of each scenario; of the forecast where there is none."""
    if not site.scenarios:
        return [(np.asarray(site.load_kw, dtype=float), array(site.production_kw, site.steps))]
    return [
        (np.asarray(scenario.load_kw, dtype=float), np.asarray(scenario.production_kw, dtype=float))
        for scenario in site.scenarios
    ]
