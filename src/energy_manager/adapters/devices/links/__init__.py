"""How devices are reached: one link per host and port, serial line or broker."""
