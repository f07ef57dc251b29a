"""What is needed to begin: the answers of whoever begins, and the files that follow from them."""

from energy_manager.entrypoints.init.answers import Answers, Reach, Start, Template
from energy_manager.entrypoints.init.files import Begun, begin, look_at

__all__ = ["Answers", "Begun", "Reach", "Start", "Template", "begin", "look_at"]
