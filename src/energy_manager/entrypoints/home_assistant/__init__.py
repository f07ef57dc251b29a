"""Home Assistant over MQTT: each asset a device there, orders from there as schedules here."""

from energy_manager.entrypoints.home_assistant.announced import Announced
from energy_manager.entrypoints.home_assistant.entities import Exposed, exposed_assets
from energy_manager.entrypoints.home_assistant.talk import Broker, HomeAssistant, SiteNow
from energy_manager.entrypoints.home_assistant.topics import Topics

__all__ = ["Announced", "Broker", "Exposed", "HomeAssistant", "SiteNow", "Topics", "exposed_assets"]
