"""The HTTP API: one module a job, one error shape."""
