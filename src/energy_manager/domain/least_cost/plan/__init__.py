"""The plan, what it costs, why it cannot do more, and its check."""
