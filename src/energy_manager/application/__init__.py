"""The use cases: read, decide, apply, record. One module a job."""
