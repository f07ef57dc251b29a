"""Chargers that call us and speak OCPP 1.6 in JSON: the central system that they call, and the driver of each."""
