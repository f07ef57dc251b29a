"""What all routes have in common: bodies, queries, errors, and how they are described."""
