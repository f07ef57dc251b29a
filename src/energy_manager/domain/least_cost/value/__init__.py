"""What stored energy is worth, and the band of grid exchange that follows."""
