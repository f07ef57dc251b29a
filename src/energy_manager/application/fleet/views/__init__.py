"""The fleet as people look at it and ask it."""
