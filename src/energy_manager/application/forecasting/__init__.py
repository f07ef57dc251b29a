"""Forecasts beside the loop: what the site has measured, what follows for the hours ahead, and how good that was."""
