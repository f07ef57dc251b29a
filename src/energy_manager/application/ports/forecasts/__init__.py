"""What is expected of the hours ahead, and who foretells it."""
