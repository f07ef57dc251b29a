"""What people and programs ask for and change, each with who asks and a line in the logbook."""
