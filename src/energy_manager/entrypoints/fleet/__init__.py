"""A centre for many sites: its settings, how it is served, and how commands ask it."""
