"""Tariffs, and prices brought onto a plan's steps."""
