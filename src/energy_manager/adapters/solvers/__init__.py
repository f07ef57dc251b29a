"""Mathematical solvers behind the planners' ports."""
