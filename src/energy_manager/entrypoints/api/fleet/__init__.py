"""The centre's HTTP API."""
