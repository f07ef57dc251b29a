"""Schedules as people put them, and what they get back: JSON, and lines of CSV."""
