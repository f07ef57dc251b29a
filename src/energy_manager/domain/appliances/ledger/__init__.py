"""What is booked over time: step functions, homes, batteries."""
