"""One screen of a running site, from its API."""

from energy_manager.entrypoints.status.asking import NoAnswer, RunningSite
from energy_manager.entrypoints.status.screen import screen

__all__ = ["NoAnswer", "RunningSite", "screen"]
