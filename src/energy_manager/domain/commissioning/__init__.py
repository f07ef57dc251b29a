"""Getting devices to work: what each says of itself, and whether all of them together can be right."""

from energy_manager.domain.commissioning.inspection import (
    FallBack,
    Identity,
    Inspection,
    PointReading,
    Silence,
)
from energy_manager.domain.commissioning.signs import Measured, doubtful_signs

__all__ = ["FallBack", "Identity", "Inspection", "Measured", "PointReading", "Silence", "doubtful_signs"]
