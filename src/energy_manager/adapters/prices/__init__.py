"""Sources of prices: one file each knows where to ask and how the answer is written; ``sources`` has them by name."""

from typing import Literal

SourceName = Literal["file", "http", "entsoe", "energy_charts", "awattar", "tibber", "octopus"]
"""What a site file calls them."""
