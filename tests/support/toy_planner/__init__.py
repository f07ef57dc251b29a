"""A planner as small as can be: a power shared out in equal parts. It shows what a new planner takes."""
