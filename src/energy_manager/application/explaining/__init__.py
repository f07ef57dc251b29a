"""What happened and why: a decision explained from its record, and made again from it."""

from energy_manager.application.explaining.explain import Explain, Explanation, NothingRecorded

__all__ = ["Explain", "Explanation", "NothingRecorded"]
