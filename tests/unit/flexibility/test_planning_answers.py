"""What the answer of an activation says of its proof, and of a day without offer."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.flexibility.engines import ENGINES
from energy_manager.domain.flexibility.selection import VolumeNotAvailable
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.flexibility import options_of
from energy_manager.entrypoints.settings import Settings


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(0, 500)), min_size=1, max_size=9), st.data())
def test_what_is_optimal_costs_its_lower_bound_in_every_engine(offer, data):
    volumes, costs = (np.array(column, dtype=np.int64) for column in zip(*offer, strict=True))
    target = data.draw(st.integers(1, int(volumes.sum())))
    for select in ENGINES.values():
        found = select(volumes, costs, target)
        assert found.lower_bound_cents <= found.cost_cents
        assert found.is_optimal == (found.lower_bound_cents == found.cost_cents)


def test_a_day_without_offer_is_named():
    text = (
        b'{"volume": 100, "date": "2026-03-02", "assets":'
        b' [{"code": "A", "volume": 200, "activation_cost": 1, "availability": ["2026-03-03"]}]}'
    )
    options = options_of(Settings(), None)
    with pytest.raises(VolumeNotAvailable, match="no assets are on offer for 2026-03-02") as caught:
        plan_document(planning_job("flexibility"), text, options).unwrap()
    assert caught.value.day == date(2026, 3, 2)
