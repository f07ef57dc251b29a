"""MQTT: one link a broker, whose thread alone touches the connection."""

from energy_manager.adapters.devices.links.mqtt.link import Heard, MqttLink
from energy_manager.adapters.devices.links.mqtt.packets import Message

__all__ = ["Heard", "Message", "MqttLink"]
