"""Other planners on the same house, each in a Python of its own; see ``__main__``."""
