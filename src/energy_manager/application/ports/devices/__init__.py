"""Devices, as the use cases need them: told, read, found, tried, and played in a drill."""
