"""What happened: into the log, into files, and drawn."""
