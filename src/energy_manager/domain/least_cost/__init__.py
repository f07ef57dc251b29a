"""Least cost."""
