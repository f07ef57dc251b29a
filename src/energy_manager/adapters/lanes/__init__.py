"""How a blocking call is kept away from the loop: one lane per device and purpose, served by an elastic pool."""

from energy_manager.adapters.lanes.elastic_pool import ElasticPool
from energy_manager.adapters.lanes.lane import Call, Lane
from energy_manager.adapters.lanes.multiplexer import Multiplexer
from energy_manager.adapters.lanes.strand import SteppedStrand, Strand

__all__ = ["Call", "ElasticPool", "Lane", "Multiplexer", "SteppedStrand", "Strand"]
