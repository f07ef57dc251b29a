"""Forecasts as people put them, raw readings in any order and unit, and what they get back."""
