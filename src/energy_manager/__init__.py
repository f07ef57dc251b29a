"""Plans what every energy asset should do, tells it so on time, and keeps the total when assets fail."""

__version__ = "0.1.0"
