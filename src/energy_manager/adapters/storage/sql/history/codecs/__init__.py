"""How the fields of records stand in the columns of a chunk."""
