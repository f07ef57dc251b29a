"""The site of a drill: the wiring that runs, on virtual time, with devices, schedule, store and clock that can fail."""
