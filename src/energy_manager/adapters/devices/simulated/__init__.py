"""Simulated devices: an appliance, and a storage and a meter behind one connection point."""
