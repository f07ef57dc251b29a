"""Drivers in processes of their own: what ends or holds such a process costs its asset only (``docs/adr``, 43)."""

from energy_manager.adapters.devices.isolated.driver import IsolatedDriver, open_isolated

__all__ = ["IsolatedDriver", "open_isolated"]
