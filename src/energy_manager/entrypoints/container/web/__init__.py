"""The API over all jobs, and what its routes are handed."""
