"""The command run, from its start to its end, and the parent that watches it."""
