"""Home Assistant over MQTT: each asset a device there, orders from there as schedules here."""
