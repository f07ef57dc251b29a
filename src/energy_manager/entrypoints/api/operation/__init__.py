"""How the API is served, and how whoever operates it sees that all is well."""
