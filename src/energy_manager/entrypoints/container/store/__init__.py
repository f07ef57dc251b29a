"""The store of the settings: where it is, and who writes into it."""
