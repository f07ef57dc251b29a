"""What a device is told and when, and whether it follows; pure."""
