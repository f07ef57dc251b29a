"""What people type and see at a terminal."""
