"""Putting devices into operation: what the commands ``devices …`` and ``check --devices`` do and say."""
