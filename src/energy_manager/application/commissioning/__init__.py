"""Putting devices into operation: looking at all of them, and telling one by hand."""

from energy_manager.application.commissioning.inspect_devices import InspectDevices, Survey
from energy_manager.application.commissioning.tell_by_hand import NotReleased, TellByHand, Told

__all__ = ["InspectDevices", "NotReleased", "Survey", "TellByHand", "Told"]
