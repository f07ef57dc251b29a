"""Getting devices to work: what each says of itself, and whether all of them together can be right."""

from energy_manager.domain.commissioning.inspection import (
    FallBack as FallBack,
    Identity as Identity,
    Inspection as Inspection,
    PointReading as PointReading,
    Silence as Silence,
)
from energy_manager.domain.commissioning.signs import Measured as Measured, doubtful_signs as doubtful_signs
