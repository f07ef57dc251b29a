"""The driver ``device``: whatever a template describes, behind whichever link."""
