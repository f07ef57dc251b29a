"""Who plans beyond what the exact planners can, and where planners run."""
