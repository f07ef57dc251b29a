"""One screen of a running site, from its API."""
