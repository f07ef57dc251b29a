"""The plan of many runs at once as one problem: what a solver gets, gives back, and how that is checked."""
