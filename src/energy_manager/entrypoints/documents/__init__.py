"""Each job's JSON, the same for the command line and HTTP: text in, planner, text out."""
