"""The centre's book of record, and the link between it and its sites."""
