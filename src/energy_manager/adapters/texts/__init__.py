"""Texts of files and requests: read without losing a digit, or refused with the place."""
