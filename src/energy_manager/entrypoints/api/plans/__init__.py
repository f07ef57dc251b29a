"""The routes of all planners, and the feed of their plans."""
