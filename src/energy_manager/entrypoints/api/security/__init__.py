"""Who may see and change what, and how much a stranger may take up."""
