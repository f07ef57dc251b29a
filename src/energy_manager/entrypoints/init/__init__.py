"""What is needed to begin: the answers of whoever begins, and the files that follow from them."""

from energy_manager.entrypoints.init.answers import Answers, Reach, Start, Template
from energy_manager.entrypoints.init.files import begin

__all__ = ["Answers", "Reach", "Start", "Template", "begin"]
