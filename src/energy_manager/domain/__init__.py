"""The decisions: pure functions from values to values; standard library and numpy only."""
