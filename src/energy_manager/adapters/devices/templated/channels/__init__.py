"""A device's points and writes on whichever link it has; the channels themselves are loaded with their links."""
